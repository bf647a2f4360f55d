"""What FFmpeg may do with an upload: how much it allocates at once, and what it decodes."""

import ctypes
from functools import cache
from pathlib import Path

import av

MAX_ALLOCATION_BYTES = 40 << 20
"""The index of four hours of sound takes 32 MB at most; a packet, a picture or a block far less."""


@cache
def limit_allocations() -> None:
    """Makes FFmpeg refuse to allocate more than that at once, in the whole process.

    Raises:
        RuntimeError: PyAV brings no libavutil that can be found.
    """
    _libavutil().av_max_alloc(ctypes.c_size_t(MAX_ALLOCATION_BYTES))


def _libavutil() -> ctypes.CDLL:
    """Returns the library that PyAV has loaded: its wheel's own, or the system's."""
    wheel = Path(av.__file__).parent.parent / "av.libs"
    for path in sorted(wheel.glob("libavutil*")):
        return ctypes.CDLL(str(path))
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        if "libavutil" in line:
            return ctypes.CDLL(line.split(maxsplit=5)[5])
    raise RuntimeError("PyAV's libavutil is not found")


@cache
def audio_decoders() -> str:
    """Returns the names of FFmpeg's audio decoders: pictures and covers must not be decoded."""
    return ",".join(sorted(name for name in av.codecs_available if _decodes_audio(name)))


def _decodes_audio(name: str) -> bool:
    try:
        return bool(av.Codec(name, "r").type == "audio")
    except av.codec.codec.UnknownCodecError:
        return False
