"""The header of a WAV file that arrives in pieces: live clients send such files as they are."""

import struct

from nemo_voice_serving.errors import UnsupportedAudio
from nemo_voice_stt.realtime.audio_format import (
    MAX_CHANNELS,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    Encoding,
    LiveFormat,
)

_ENCODINGS = {(1, 16): Encoding.PCM16, (6, 8): Encoding.A_LAW, (7, 8): Encoding.MU_LAW}
"""By the code in the header and the bits of a sample."""
_EXTENSIBLE = 0xFFFE
_MAX_BYTES = 64 * 1024
"""A longer header holds something else than speech."""


class WavHeader:
    """Gathers bytes until it is known what follows."""

    def __init__(self) -> None:
        self._held = b""

    def add(self, data: bytes) -> tuple[LiveFormat | None, bytes] | None:
        """Returns the format that the header states and the samples after it.

        The format is None where there is no header at all: then everything is samples. None while
        the header is not whole.

        Raises:
            UnsupportedAudio: The samples in the file are of a kind that cannot be sent live.
        """
        self._held += data
        held = self._held
        if not b"RIFF".startswith(held[:4]):
            return None, held
        if len(held) < 12:  # noqa: PLR2004 the names and the size before the first chunk
            return None
        if held[8:12] != b"WAVE":
            return None, held
        return self._chunks(held)

    def _chunks(self, held: bytes) -> tuple[LiveFormat | None, bytes] | None:
        found: LiveFormat | None = None
        place = 12
        while place + 8 <= len(held):
            name, size = held[place : place + 4], struct.unpack_from("<I", held, place + 4)[0]
            place += 8
            if name == b"data":
                if found is None:
                    raise UnsupportedAudio("The WAV file does not say what its samples are.")
                return found, held[place:]
            if name == b"fmt " and place + size <= len(held):
                found = _format(held[place : place + size])
            place += size + size % 2
        if len(held) > _MAX_BYTES or place > _MAX_BYTES:
            raise UnsupportedAudio("The WAV file's header is too long to be of speech.")
        return None


def _format(chunk: bytes) -> LiveFormat:
    if len(chunk) < 16:  # noqa: PLR2004 the fields that every WAV file has
        raise UnsupportedAudio("The WAV file's header is broken.")
    code, channels, rate_hz = struct.unpack_from("<HHI", chunk)
    (bits,) = struct.unpack_from("<H", chunk, 14)
    if code == _EXTENSIBLE and len(chunk) >= 26:  # noqa: PLR2004 the code within
        (code,) = struct.unpack_from("<H", chunk, 24)
    encoding = _ENCODINGS.get((code, bits))
    if encoding is None:
        raise UnsupportedAudio(
            f"The WAV file holds samples of {bits} bits and kind {code}. Send 16-bit PCM, or G.711."
        )
    if not (1 <= channels <= MAX_CHANNELS and MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ):
        raise UnsupportedAudio(
            f"The WAV file has {channels} channels at {rate_hz} Hz; live audio has at most"
            f" {MAX_CHANNELS}, at {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz. Convert it, or send it whole"
            " to /v1/audio/transcriptions."
        )
    return LiveFormat(encoding, rate_hz, channels)
