"""A certificate and its key, read from PEM files and proven by a handshake in memory."""

import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nemo_voice_serving.mounted_files import content_of
from nemo_voice_serving.tls.handshakes import ServerContext

Contents = tuple[bytes, bytes]
"""The bytes of the certificate's file, and those of the key's."""

_MARK = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 ]+)-----")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_ENCRYPTED = re.compile(
    rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED", re.MULTILINE
)
_OTHER_KEY = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"})
_FLIGHTS = 10
"""More than a handshake has."""
_IGNORE_TIME = ssl.VerifyFlags(0x200000)
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME: the times are read, and compared here."""


class UnusableCertificate(Exception):
    """No server can use the certificate with the key; the message names a file and says why."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate with its key, as a server shows it."""

    contents: Contents = field(repr=False)
    context: ServerContext
    """What new connections are made with."""
    expires_s: float
    """When the certificate expires, in seconds since 1970."""

    @property
    def expires(self) -> str:
        """When the certificate expires, as ISO 8601 has it."""
        return _written(self.expires_s)


@dataclass(frozen=True, slots=True)
class KeyPairFiles:
    """Where a certificate, with the authorities between it and the root, and its key are."""

    certificate: Path
    key: Path
    clock: Callable[[], float] = time.time

    def read(self) -> Contents:
        """Returns the bytes of both files.

        Raises:
            OSError: One cannot be read, is no file, or holds more than a mebibyte.
        """
        return content_of(self.certificate), content_of(self.key)

    def checked(self, contents: Contents) -> KeyPair:
        """Returns the pair, with which a handshake has succeeded.

        Args:
            contents: What the files hold.

        Raises:
            UnusableCertificate: It is none that a server can use now.
            OSError: The files cannot be read any more.
        """
        certificate, key = contents
        self._refuse_other_than(certificate, self.certificate, "CERTIFICATE")
        self._refuse_other_than(key, self.key, "PRIVATE KEY")
        if _ENCRYPTED.search(key):
            raise UnusableCertificate(
                f"{self.key}: the key is encrypted. Write it without a passphrase."
            )
        client = self._client(certificate)
        context = self._server(contents)
        try:
            shown = _shaken_hands(context, client)
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", None) or error.reason
            raise UnusableCertificate(f"{self.certificate}: {reason}.") from None
        begins_s, expires_s = (
            ssl.cert_time_to_seconds(str(shown[name])) for name in ("notBefore", "notAfter")
        )
        self._refuse_out_of_time(begins_s, expires_s)
        return KeyPair(contents, context, expires_s)

    def _refuse_other_than(self, content: bytes, path: Path, kind: str) -> None:
        """Refuses what is no PEM with a block of the kind, or is cut off."""
        marks = [(edge.decode(), name.decode()) for edge, name in _MARK.findall(content)]
        if not any(edge == "BEGIN" and name.endswith(kind) for edge, name in marks):
            problem = f"there is no -----BEGIN {kind}-----. Write it as PEM, not as DER or PKCS#12."
            raise UnusableCertificate(f"{path}: {problem}")
        opened = [name for edge, name in marks if edge == "BEGIN"]
        if opened != [name for edge, name in marks if edge == "END"]:
            raise UnusableCertificate(f"{path}: it is cut off: a block has no end.")

    def _client(self, certificate: bytes) -> ssl.SSLContext:
        """Returns a client that trusts this one certificate."""
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _IGNORE_TIME
        found = _CERTIFICATE.search(certificate)
        try:
            client.load_verify_locations(cadata="" if found is None else found.group().decode())
        except (ssl.SSLError, ValueError):
            raise UnusableCertificate(f"{self.certificate}: the certificate is damaged.") from None
        return client

    def _server(self, contents: Contents) -> ServerContext:
        context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        try:
            # Without a passphrase OpenSSL would ask for one on the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except ssl.SSLError as error:
            if self.read() == contents:
                raise UnusableCertificate(self._told(error)) from None
        if self.read() != contents:
            raise UnusableCertificate(f"{self.certificate}: it was changed while it was read.")
        return context

    def _told(self, error: ssl.SSLError) -> str:
        if error.reason in _OTHER_KEY:
            return f"{self.key}: the key does not belong to the certificate in {self.certificate}."
        # OpenSSL has no reason for what is no base64.
        problem = (error.reason or "one of them is damaged").replace("_", " ").lower()
        return f"{self.certificate} and {self.key}: {problem}."

    def _refuse_out_of_time(self, begins_s: float, expires_s: float) -> None:
        now_s = self.clock()
        if now_s >= expires_s:
            problem = f"it expired at {_written(expires_s)}. Renew it."
            raise UnusableCertificate(f"{self.certificate}: {problem}")
        if now_s < begins_s:
            problem = f"it is not valid before {_written(begins_s)}. Is the clock right?"
            raise UnusableCertificate(f"{self.certificate}: {problem}")


def _shaken_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, object]:
    """Returns the server's certificate as the client has verified it.

    Raises:
        ssl.SSLError: There is no way for them to speak to each other.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    ends = (asking, server.wrap_bio(to_server, to_client, server_side=True))
    for _ in range(_FLIGHTS):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return dict(asking.getpeercert() or {})


def _written(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="seconds")
