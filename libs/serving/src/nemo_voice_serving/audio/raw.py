"""Audio without a header, whose rate and coding only its request states."""

import re
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from nemo_voice_serving.errors import UnsupportedAudio

DEFAULT_PCM_RATE_HZ = 24_000
"""The rate of `audio/pcm` that states none, as in OpenAI's API."""

_PCM = frozenset({"audio/pcm", "audio/x-pcm"})
_L16 = "audio/l16"
_NUMBER = re.compile("[0-9]{1,9}")


class Coding(StrEnum):
    """How samples are written, by libsndfile's names."""

    PCM16 = "PCM_16"
    MULAW = "ULAW"
    """G.711 of North America and Japan."""
    ALAW = "ALAW"
    """G.711 of the rest of the world."""


@dataclass(frozen=True, slots=True)
class RawFormat:
    """Rate, channels, coding and byte order of samples without a header."""

    rate_hz: int
    channels: int = 1
    is_big_endian: bool = False
    """Whether the high byte of a 16-bit sample comes first."""
    coding: Coding = Coding.PCM16


def raw_format_of(content_type: str | None) -> RawFormat | None:
    """Returns the format that a Content-Type of raw audio states; None for any other type.

    `audio/pcm` is little endian; `audio/L16` is big endian, as RFC 2586 has it, and must state its
    rate. Either may have the parameters `rate`, `channels` and `endianness`.

    Raises:
        UnsupportedAudio: The type is of raw audio, but its parameters are missing or malformed.
    """
    message = Message()
    message["Content-Type"] = content_type or ""
    kind = message.get_content_type()
    if kind not in _PCM and kind != _L16:
        return None
    default_hz = None if kind == _L16 else DEFAULT_PCM_RATE_HZ
    endianness = str(_given(message, "endianness") or "").lower()
    if endianness not in {"", "little-endian", "big-endian"}:
        raise UnsupportedAudio(f"{content_type}: endianness is little-endian or big-endian.")
    return RawFormat(
        rate_hz=_number(message, "rate", default_hz),
        channels=_number(message, "channels", 1),
        is_big_endian=endianness == "big-endian" or (kind == _L16 and not endianness),
    )


def _number(message: Message, name: str, default: int | None) -> int:
    given = _given(message, name)
    if given is None and default is not None:
        return default
    if not _NUMBER.fullmatch(str(given)):
        kind = message["Content-Type"]
        raise UnsupportedAudio(f"{kind}: it must say ;{name}= and a number.")
    return int(str(given))


def _given(message: Message, name: str) -> object:
    try:
        return message.get_param(name)
    except (TypeError, ValueError) as error:
        # RFC 2231 splits parameters into parts, and these parts do not fit together.
        kind = message["Content-Type"]
        raise UnsupportedAudio(f"{kind}: this cannot be read.") from error
