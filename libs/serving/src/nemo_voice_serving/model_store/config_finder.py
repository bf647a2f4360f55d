"""Finds a model's configuration in the bytes of its .nemo file, while the rest is still to come.

NeMo writes the members of an archive in the order of their names: the configuration lies before the
weights, in the first megabytes.
"""

import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from nemo_voice_serving.model_kinds.config import CONFIG_NAME, MAX_CONFIG_BYTES

ConfigJudge = Callable[[bytes], object]
"""Gets the content of a `model_config.yaml`, and raises a `ModelStoreError` to refuse the model."""

_BLOCK_BYTES = 512
_CHUNK_BYTES = 2**20
_GZIP_START = b"\x1f\x8b"
MOST_SEARCHED_BYTES = 256 * 2**20
"""So far into an archive the configuration is looked for where that costs a download of its own, or
where even what is skipped has to be decompressed."""


class ConfigFinder:
    """Takes an archive's bytes from its beginning, in pieces of any size."""

    def __init__(self) -> None:
        self.is_over = False
        """Whether the configuration was found, or cannot be found any more."""
        self._decoder: _Decoder | None = None
        self._start = b""
        self._pending = bytearray()
        self._skipped_bytes = 0
        self._config_bytes: int | None = None

    def feed(self, piece: bytes) -> bytes | None:
        """Returns the configuration once it is complete; before and afterwards None."""
        if self._decoder is None:
            self._start += piece
            if len(self._start) < len(_GZIP_START):
                return None
            is_compressed = self._start.startswith(_GZIP_START)
            self._decoder = _Inflater() if is_compressed else _Plain()
            piece, self._start = self._start, b""
        for part in () if self.is_over else self._decoder.decoded(piece):
            if (found := self._take(part)) is not None or self.is_over:
                self.is_over = True
                return found
        self.is_over = self.is_over or self._decoder.has_ended
        return None

    def _take(self, part: bytes) -> bytes | None:
        skipped = min(self._skipped_bytes, len(part))
        self._skipped_bytes -= skipped
        self._pending += memoryview(part)[skipped:]
        while not (self._skipped_bytes or self.is_over):
            if self._config_bytes is not None:
                complete = len(self._pending) >= self._config_bytes
                return bytes(self._pending[: self._config_bytes]) if complete else None
            if len(self._pending) < _BLOCK_BYTES:
                return None
            header = bytes(self._pending[:_BLOCK_BYTES])
            del self._pending[:_BLOCK_BYTES]
            self._enter(header)
        return None

    def _enter(self, header: bytes) -> None:
        """Reads a member's header; its content is the configuration, or is skipped."""
        try:
            member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError:  # the end, or no archive at all
            self.is_over = True
            return
        if member.isreg() and str(PurePosixPath(member.name)) == CONFIG_NAME:
            self.is_over = not 0 <= member.size <= MAX_CONFIG_BYTES
            self._config_bytes = member.size
            return
        size_bytes = -(-member.size // _BLOCK_BYTES) * _BLOCK_BYTES
        self.is_over = size_bytes < 0
        present = min(max(size_bytes, 0), len(self._pending))
        del self._pending[:present]
        self._skipped_bytes = size_bytes - present


class _Decoder(Protocol):
    has_ended: bool

    def decoded(self, piece: bytes) -> Iterator[bytes]: ...


class _Plain:
    has_ended = False

    def decoded(self, piece: bytes) -> Iterator[bytes]:
        yield piece


class _Inflater:
    """Decompresses in small steps: a piece may hold a thousand times its size."""

    def __init__(self) -> None:
        self.has_ended = False
        self._inflate = zlib.decompressobj(wbits=31)
        self._inflated_bytes = 0

    def decoded(self, piece: bytes) -> Iterator[bytes]:
        while piece and not self.has_ended:
            try:
                part = self._inflate.decompress(piece, _CHUNK_BYTES)
            except zlib.error:  # damaged; unpacking says so
                self.has_ended = True
                return
            self._inflated_bytes += len(part)
            piece = self._inflate.unconsumed_tail
            self.has_ended = self._inflate.eof or self._inflated_bytes > MOST_SEARCHED_BYTES
            yield part


class ConfigWatch:
    """Passes a download on, and has its configuration judged as soon as that has arrived."""

    def __init__(self, judge: ConfigJudge | None) -> None:
        self._judge = judge
        self._finder = ConfigFinder()

    def feed(self, piece: bytes) -> None:
        """Takes the next bytes of the file; raises what the judge raises."""
        if self._judge is None or self._finder.is_over:
            return
        if (config := self._finder.feed(piece)) is not None:
            self._judge(config)

    def feed_until_judged(self, pieces: Iterable[bytes]) -> None:
        """Takes no more of the file's next bytes than are needed."""
        seen_bytes = 0
        for piece in () if self._judge is None else pieces:
            self.feed(piece)
            seen_bytes += len(piece)
            if self._finder.is_over or seen_bytes > MOST_SEARCHED_BYTES:
                return

    def feed_file(self, path: Path, count_bytes: int) -> None:
        """Takes the bytes that an earlier download left on disk."""
        if self._judge is None:
            return
        with path.open("rb") as file:
            while count_bytes and not self._finder.is_over:
                piece = file.read(min(_CHUNK_BYTES, count_bytes))
                if not piece:
                    return
                count_bytes -= len(piece)
                self.feed(piece)


def config_in(archive: Path) -> bytes | None:
    """Returns the configuration in a .nemo file on disk; None where it holds none."""
    finder = ConfigFinder()
    with archive.open("rb") as file:
        while not finder.is_over and (piece := file.read(_CHUNK_BYTES)):
            if (config := finder.feed(piece)) is not None:
                return config
    return None
