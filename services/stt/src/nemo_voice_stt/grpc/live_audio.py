"""What a stream's first bytes are: samples for a live session, or a file to be gathered whole."""

from dataclasses import dataclass

from nemo_voice_serving.audio.raw import Coding, RawFormat
from nemo_voice_serving.audio.signatures import names_its_format
from nemo_voice_serving.errors import InvalidRequest, UnsupportedAudio
from nemo_voice_stt.grpc.protos.riva_asr_pb2 import RecognitionConfig
from nemo_voice_stt.grpc.requests import raw_format_of
from nemo_voice_stt.realtime.audio_format import (
    MAX_CHANNELS,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    Encoding,
    LiveFormat,
)
from nemo_voice_stt.realtime.wav_header import WavHeader

_NAME_BYTES = 16
"""So many tell a file from samples: the longest name of a format, and its place."""
_ENCODINGS = {
    Coding.PCM16: Encoding.PCM16,
    Coding.MULAW: Encoding.MU_LAW,
    Coding.ALAW: Encoding.A_LAW,
}


@dataclass(frozen=True, slots=True)
class LiveAudio:
    """Samples in a format that a live session takes, and the first of them."""

    audio_format: LiveFormat
    first: bytes


@dataclass(frozen=True, slots=True)
class FileAudio:
    """A file of another kind, and its first bytes."""

    first: bytes


class AudioStart:
    """Gathers the beginning of a stream until it is known which of both it is."""

    def __init__(self, config: RecognitionConfig) -> None:
        self._config = config
        self._held = b""
        self._header: WavHeader | None = WavHeader()

    def add(self, data: bytes) -> LiveAudio | FileAudio | None:
        """Returns what the stream is; None while too little of it is there.

        Raises:
            InvalidRequest: There is no header, and the configuration does not say what it is, or
                names a rate or a number of channels that no live audio has.
        """
        self._held += data
        if self._header is not None:
            try:
                found = self._header.add(data)
            except UnsupportedAudio:  # in a live session; decoders read more
                return FileAudio(self._held)
            if found is None:
                return None
            stated, first = found
            if stated is not None:
                return LiveAudio(stated, first)
            self._header = None
        return self._without_header() if len(self._held) >= _NAME_BYTES else None

    def end(self) -> LiveAudio | FileAudio | None:
        """Returns what a stream is that has ended already; None of an empty one."""
        return self._without_header() if self._held else None

    def _without_header(self) -> LiveAudio | FileAudio:
        raw = None if names_its_format(self._held) else raw_format_of(self._config, self._held)
        return FileAudio(self._held) if raw is None else LiveAudio(_live(raw), self._held)


def _live(raw: RawFormat) -> LiveFormat:
    checked = {
        "sample_rate_hertz": (raw.rate_hz, MIN_RATE_HZ, MAX_RATE_HZ),
        "audio_channel_count": (raw.channels, 1, MAX_CHANNELS),
    }
    for field, (value, least, most) in checked.items():
        if not least <= value <= most:
            message = (
                f"config.{field}: {value} is not between {least} and {most}, as live audio has it."
                " Convert it, or send it whole to Recognize."
            )
            raise InvalidRequest(message, param=f"config.{field}")
    return LiveFormat(_ENCODINGS[raw.coding], raw.rate_hz, raw.channels)
