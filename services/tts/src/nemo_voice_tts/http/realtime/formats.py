"""What the audio of a session is written in, by the names of the protocols."""

import re
from dataclasses import dataclass

from nemo_voice_serving.audio.encoding import AudioFormat, Encoder, encoder_for
from nemo_voice_serving.audio.telephone import Law, TelephoneEncoder
from nemo_voice_serving.errors import InvalidRequest

_NAME = re.compile(r"(pcm|mp3|ulaw|alaw|opus|wav)_(\d{4,6})(?:_(\d{1,4}))?")
_KINDS = {
    "pcm": AudioFormat.PCM,
    "wav": AudioFormat.WAV,
    "mp3": AudioFormat.MP3,
    "opus": AudioFormat.OPUS,
}
_LAWS = {"ulaw": Law.MU, "alaw": Law.A}
LEAST_HZ, MOST_HZ = 8_000, 48_000
_LEAST_KBITS, _MOST_KBITS = 8, 320
_MP3_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_OPUS_HZ = (8_000, 12_000, 16_000, 24_000, 48_000)
_RATES_HZ = {"mp3": _MP3_HZ, "opus": _OPUS_HZ}


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Codec and rate."""

    kind: AudioFormat | Law
    rate_hz: int
    bit_rate: int | None = None

    def encoder(self, model_hz: int) -> Encoder:
        """Returns a new encoder for samples of the model."""
        if isinstance(self.kind, Law):
            return TelephoneEncoder(self.kind, model_hz, to_hz=self.rate_hz)
        return encoder_for(self.kind, model_hz, to_hz=self.rate_hz, bit_rate=self.bit_rate)


def format_named(name: str) -> OutputFormat:
    """Returns the format that a name such as `pcm_24000` or `mp3_44100_128` stands for.

    Raises:
        InvalidRequest: There is no such format.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise _unknown(name)
    kind, rate_hz = found[1], int(found[2])
    kbits = None if found[3] is None else int(found[3])
    if not LEAST_HZ <= rate_hz <= MOST_HZ or rate_hz not in _RATES_HZ.get(kind, (rate_hz,)):
        raise _unknown(name)
    if kbits is not None and (kind not in _RATES_HZ or not _LEAST_KBITS <= kbits <= _MOST_KBITS):
        raise _unknown(name)
    bit_rate = None if kbits is None else kbits * 1000
    return OutputFormat(_LAWS.get(kind) or _KINDS[kind], rate_hz, bit_rate)


def _unknown(name: str) -> InvalidRequest:
    message = (
        f"output_format: {name[:40]!r} is none. Send pcm_, ulaw_, alaw_ or wav_ with a rate between"
        f" {LEAST_HZ} and {MOST_HZ} Hz, or mp3_ or opus_ with a rate of that codec and kbit/s, such"
        " as pcm_24000, ulaw_8000, mp3_44100_128 or opus_48000_64."
    )
    return InvalidRequest(message, param="output_format")
