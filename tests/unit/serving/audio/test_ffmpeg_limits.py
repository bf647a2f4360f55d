"""FFmpeg's allocations are limited in the whole process."""

import ctypes

from nemo_voice_serving.audio.ffmpeg_limits import (
    MAX_ALLOCATION_BYTES,
    _libavutil,
    limit_allocations,
)


def test_more_at_once_than_the_limit_is_not_allocated() -> None:
    limit_allocations()
    library = _libavutil()
    library.av_malloc.restype, library.av_malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.av_free.argtypes = [ctypes.c_void_p]
    assert library.av_malloc(MAX_ALLOCATION_BYTES + 1) is None
    block = library.av_malloc(MAX_ALLOCATION_BYTES // 2)
    assert block is not None
    library.av_free(block)
