"""Reads a recording with libsndfile: files of plain samples, FLAC, and samples without a header."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import soundfile

from nemo_voice_serving.audio.byte_source import Part
from nemo_voice_serving.audio.mixing import mono
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.recording import (
    LIBRARY_ERRORS,
    UNKNOWN,
    Recording,
    Unreadable,
    check_shape,
    stated,
)
from nemo_voice_serving.audio.samples import MonoBlock

_READ_FRAMES = 1 << 17


@contextmanager
def sndfile_recording(part: Part) -> Iterator[Recording]:
    """Yields the recording of a file with a header.

    Raises:
        Unreadable: libsndfile does not read it, or not as far as it goes.
    """
    try:
        sound = soundfile.SoundFile(part.open())
    except LIBRARY_ERRORS as fault:
        raise Unreadable(UNKNOWN) from fault
    with sound:
        check_shape(sound.samplerate, sound.channels)
        duration_s = stated(sound.frames / sound.samplerate)
        if duration_s is None:  # libsndfile stops halfway through a FLAC that was streamed
            raise Unreadable(UNKNOWN)
        yield Recording(duration_s, _blocks(sound))


@contextmanager
def raw_recording(raw: RawFormat, part: Part) -> Iterator[Recording]:
    """Yields the recording of samples without a header.

    Raises:
        Unreadable: The format is impossible, or there are no samples.
    """
    check_shape(raw.rate_hz, raw.channels)
    try:
        sound = soundfile.SoundFile(
            part.open(),
            samplerate=raw.rate_hz,
            channels=raw.channels,
            format="RAW",
            subtype=raw.coding.value,
            endian="BIG" if raw.is_big_endian else "LITTLE",
        )
    except LIBRARY_ERRORS as fault:
        raise Unreadable("holds no samples") from fault
    with sound:
        yield Recording(sound.frames / raw.rate_hz, _blocks(sound))


def _blocks(sound: Any) -> Iterator[MonoBlock]:
    frames = _READ_FRAMES // sound.channels
    while len(block := sound.read(frames, dtype="float32", always_2d=True)):
        yield MonoBlock(sound.samplerate, mono(block), sound.channels)
