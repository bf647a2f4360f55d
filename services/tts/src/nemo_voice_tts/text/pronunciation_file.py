"""The service's own list of pronunciations: a file, or all files of a folder, read as it changes.

A folder is what a mounted ConfigMap is: the kubelet swaps its content by a symbolic link.
"""

import asyncio
import hashlib
import logging
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_serving.mounted_files import contents_of
from nemo_voice_tts.errors import InvalidPronunciations
from nemo_voice_tts.text.phonemes import arpabet
from nemo_voice_tts.text.pronunciations import EMPTY, Check, parsed_files

logger = logging.getLogger(__name__)

POLL_S = 2.0
"""How often the files are looked at."""
_UNUSABLE = (OSError, UnicodeDecodeError, InvalidPronunciations)


class PronunciationMetrics:
    """What Prometheus is told of the list in force."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers the families."""
        self._entries = Gauge(
            "nemo_voice_pronunciations",
            "Entries of the service's list of pronunciations that is in force.",
            registry=registry,
        )
        self._refused = Gauge(
            "nemo_voice_pronunciations_refused",
            "1 while the newest list cannot be used, so that an earlier one is in force.",
            registry=registry,
        )

    def read(self, entries: int) -> None:
        """Notes that a list with so many entries is in force."""
        self._entries.set(entries)
        self._refused.set(0)

    def refused(self) -> None:
        """Notes that the newest list cannot be used."""
        self._refused.set(1)


class PronunciationFile:
    """The list in the files of a path, the last one that could be used."""

    def __init__(self, path: Path | None, metrics: PronunciationMetrics | None = None) -> None:
        """Takes the file or folder; without one the list is empty."""
        self._path = path
        self._metrics = metrics
        self._check: Check = arpabet
        self._seen: bytes | None = None
        self._changed_to: bytes | None = None
        self._problem: str | None = None
        self.current = EMPTY
        """The list in force."""

    def load(self, check: Check = arpabet) -> None:
        """Reads the files for the first time.

        Args:
            check: What refuses phonemes that the voice does not have.

        Raises:
            BackendFailed: They cannot be used; the message says which line, and what to do.
        """
        self._check = check
        if self._path is None:
            return
        try:
            contents = contents_of(self._path)
            self._use(contents, _digest(contents))
        except _UNUSABLE as error:
            raise BackendFailed(f"the pronunciations in {self._path}: {_reason(error)}") from None

    def refresh(self) -> None:
        """Looks at the files again; what has changed counts once two looks find the same.

        A file may be looked at while it is written: half of a list is a list, too. The list stays
        as it is if the files cannot be used.
        """
        if self._path is None:
            return
        try:
            contents = contents_of(self._path)
            digest = _digest(contents)
            has_settled, self._changed_to = digest == self._changed_to, digest
            if has_settled and digest != self._seen:
                self._use(contents, digest)
        except OSError as error:
            self._seen = self._changed_to = None
            self._refuse(str(error))
        except _UNUSABLE as error:
            self._refuse(_reason(error))

    async def follow(self) -> None:
        """Reads the files again whenever they change, until it is cancelled."""
        while self._path is not None:
            await asyncio.sleep(POLL_S)
            await asyncio.to_thread(self.refresh)

    def _use(self, contents: dict[str, bytes], digest: bytes) -> None:
        self._seen = digest
        texts = {name: content.decode("utf-8") for name, content in contents.items()}
        self.current = parsed_files(texts, self._check)
        self._problem = None
        entries = len(self.current)
        logger.info("pronunciations read", extra={"path": str(self._path), "entries": entries})
        if self._metrics is not None:
            self._metrics.read(entries)

    def _refuse(self, reason: str) -> None:
        if reason == self._problem:
            return
        self._problem = reason
        logger.error(
            "the new pronunciations cannot be used, the earlier ones stay",
            extra={"path": str(self._path), "reason": reason},
        )
        if self._metrics is not None:
            self._metrics.refused()


def _digest(contents: dict[str, bytes]) -> bytes:
    return hashlib.sha256(repr(contents).encode()).digest()


def _reason(error: Exception) -> str:
    if isinstance(error, InvalidPronunciations):
        return error.message
    if isinstance(error, UnicodeDecodeError):
        return "write them in UTF-8"
    return str(error)
