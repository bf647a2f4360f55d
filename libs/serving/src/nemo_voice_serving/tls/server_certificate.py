"""The certificate that clients are shown: the newest that can be used.

A kubelet swaps a mounted Secret by a symbolic link, cert-manager renews, people copy. Connections
that are open keep theirs.
"""

import asyncio
import logging

from prometheus_client import CollectorRegistry, Gauge

from nemo_voice_serving.settings import TlsSettings
from nemo_voice_serving.tls.key_pair import Contents, KeyPair, KeyPairFiles, UnusableCertificate

logger = logging.getLogger(__name__)

POLL_S = 2.0
"""How often the files are looked at."""


class TlsMetrics:
    """What Prometheus is told of the certificate, where there is one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers the families."""
        self._expiry = Gauge(
            "nemo_voice_tls_certificate_expiry_timestamp_seconds",
            "When the certificate that clients are shown expires, in seconds since 1970;"
            " of services with TLS.",
            registry=registry,
        )
        self._refused = Gauge(
            "nemo_voice_tls_refused",
            "1 while the newest certificate or key cannot be used, so that earlier ones are in"
            " force; of services with TLS.",
            registry=registry,
        )

    def used(self, expires_s: float) -> None:
        """Notes that the newest certificate is in force, and when it expires."""
        self._expiry.set(expires_s)
        self._refused.set(0)

    def refused(self) -> None:
        """Notes that the newest certificate cannot be used."""
        self._refused.set(1)


class ServerCertificate:
    """The certificate in force, and its key."""

    def __init__(self, files: KeyPairFiles, metrics: TlsMetrics) -> None:
        """Reads the files for the first time.

        Raises:
            UnusableCertificate: They cannot be used; the message names the file and says why.
        """
        self._files = files
        self._metrics = metrics
        self._problem: str | None = None
        try:
            self._current = files.checked(files.read())
        except OSError as error:
            raise UnusableCertificate(_told(error)) from None
        self._seen: Contents | str = self._current.contents
        self._used(self._current)

    @classmethod
    def of(cls, settings: TlsSettings, registry: CollectorRegistry) -> "ServerCertificate | None":
        """Returns the certificate that the settings name; None where they name none.

        Raises:
            UnusableCertificate: It cannot be used.
        """
        if settings.certificate_file is None or settings.key_file is None:
            return None
        files = KeyPairFiles(settings.certificate_file, settings.key_file)
        return cls(files, TlsMetrics(registry))

    @property
    def current(self) -> KeyPair:
        """The pair in force; any thread may ask."""
        return self._current

    def refresh(self) -> None:
        """Looks at the files again; what has changed counts once two looks find the same.

        They may be looked at while they are written. The pair in force stays if the new one cannot
        be used, which is tried again at each look: it may only be too early.
        """
        found: Contents | str
        try:
            found = self._files.read()
        except OSError as error:
            found = _told(error)
        has_settled, self._seen = found == self._seen, found
        if not has_settled:
            return
        if isinstance(found, str):
            self._refuse(found)
        elif found != self._current.contents or self._problem is not None:
            self._use(found)

    async def follow(self) -> None:
        """Looks at the files again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(POLL_S)
            await asyncio.to_thread(self.refresh)

    def _use(self, contents: Contents) -> None:
        try:
            self._used(self._files.checked(contents))
        except UnusableCertificate as error:
            self._refuse(str(error))
        except OSError as error:
            self._refuse(_told(error))

    def _used(self, pair: KeyPair) -> None:
        self._current = pair
        self._problem = None
        self._metrics.used(pair.expires_s)
        path = str(self._files.certificate)
        logger.info("certificate read", extra={"path": path, "expires": pair.expires})

    def _refuse(self, reason: str) -> None:
        if reason == self._problem:
            return
        self._problem = reason
        self._metrics.refused()
        logger.error(
            "the new certificate cannot be used, the earlier one stays",
            extra={"reason": reason, "expires": self._current.expires},
        )


def _told(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
