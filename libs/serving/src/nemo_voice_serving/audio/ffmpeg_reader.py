"""Reads a recording with FFmpeg: one track of any container, with the gaps that its clock has."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, groupby, islice
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from nemo_voice_serving.audio.byte_source import Part
from nemo_voice_serving.audio.ffmpeg_clock import Clock
from nemo_voice_serving.audio.ffmpeg_limits import audio_decoders, limit_allocations
from nemo_voice_serving.audio.mixing import mono
from nemo_voice_serving.audio.mp4_tables import begins_with_a_box, claims_too_much
from nemo_voice_serving.audio.recording import (
    LIBRARY_ERRORS,
    UNKNOWN,
    Recording,
    Unreadable,
    check_shape,
    stated,
)
from nemo_voice_serving.audio.samples import Gap, MonoBlock
from nemo_voice_serving.audio.timeline import Stretch, with_gaps
from nemo_voice_serving.audio.tracks import candidates, first_with_sound, packets_of

_FRAMES_AT_ONCE = 32
_UNCOUNTED_PLANES = 8
"""From so many on, PyAV's count of a frame's planes runs past the end of their list: it crashes."""
_MAX_TRACKS = 64
_STALLED_S = 60.0
# Formats whose duration FFmpeg estimates from the bit rate: too vague to refuse a file by.
_GUESSED_DURATION = frozenset({"aac", "mp3", "mpeg", "mpegts", "ac3", "eac3", "amr"})
# Audio and video only: playlists, image sequences and captures would open other files or devices.
_DEMUXERS = (
    "matroska,ogg,wav,mp3,aac,flac,aiff,au,caf,w64,asf,avi,flv,mpeg,mpegts,amr,ac3,eac3,"
    "wv,ape,tta,tak,dsf,gsm,loas"
)


@contextmanager
def ffmpeg_recording(part: Part) -> Iterator[Recording]:
    """Yields the recording of the track that is marked as default, else of the first with sound.

    Raises:
        Unreadable: FFmpeg does not read it, or may not.
    """
    with ExitStack() as stack:
        container = stack.enter_context(_opened(part))
        places = candidates(container)
        place = places[0]
        if len(places) > 1:
            stack.close()  # both would move about in the same file
            place = first_with_sound(places, lambda one: _sound_of(part, one), share=part.share)
            container = stack.enter_context(_opened(part))
        stream = container.streams[place]
        clock = Clock(container, stream)
        yield Recording(_stated_s(container, clock), _blocks(_placed(clock)))


@contextmanager
def _opened(part: Part) -> Iterator[Any]:
    limit_allocations()
    options = {
        "format_whitelist": f"{'mov,' if _is_honest_mp4(part) else ''}{_DEMUXERS}",
        "codec_whitelist": audio_decoders(),
        "protocol_whitelist": "none",  # matches no protocol, so that nothing is opened by name
        "max_streams": str(_MAX_TRACKS),  # each is given a decoder, whatever is read of it
    }
    try:
        container = av.open(
            part.open(), options=options, metadata_errors="replace", timeout=_STALLED_S
        )
    except LIBRARY_ERRORS as fault:
        raise Unreadable(UNKNOWN) from fault
    with container:
        yield container


def _is_honest_mp4(part: Part) -> bool:
    """Returns whether FFmpeg may read the file as an MP4.

    Raises:
        Unreadable: It is one whose tables claim too much.
    """
    is_mp4 = begins_with_a_box(part.open().read(8))
    if is_mp4 and claims_too_much(part.open()):
        raise Unreadable("claims more than it can hold")
    return is_mp4


def _sound_of(part: Part, place: int) -> Iterator[MonoBlock]:
    """Yields the sound of one track without its gaps, from its start."""
    with _opened(part) as container:
        for block in _blocks(_frames(packets_of(container, container.streams[place]))):
            if isinstance(block, MonoBlock):
                yield block


def _stated_s(container: Any, clock: Clock) -> float | None:
    names = container.format.name.split(",")
    if not _GUESSED_DURATION.isdisjoint(names) or ("ogg" in names and not clock.states_times):
        return None
    # Ogg and Matroska state when they end, by a clock that may have begun long before the file.
    return stated((container.duration or 0) / av.time_base - max(0.0, clock.zero_s or 0.0))


def _placed(clock: Clock) -> Iterator[Any]:
    """Yields a track's frames, with the gaps between them."""
    stretches = (
        Stretch(clock.start_s(frame), frame.samples / max(1, frame.sample_rate), frame)
        for frame in _frames(clock.packets())
    )
    return with_gaps(stretches, clock.zero_s, clock.is_gap)


def _frames(packets: Iterable[Any]) -> Iterator[Any]:
    try:
        for packet in packets:
            # A corrupt packet is skipped, as in every player.
            with suppress(*LIBRARY_ERRORS):
                yield from packet.decode()
    except LIBRARY_ERRORS:
        return


def _blocks(frames: Iterable[Any]) -> Iterator[MonoBlock | Gap]:
    for shape, run in groupby(frames, key=_shape):
        if shape is None:
            yield from run
            continue
        rate_hz, channels, *_ = shape
        check_shape(rate_hz, channels)
        countable = _countable(run, channels)
        # Frames are short (26 ms in an MP3): converting each alone would double the time.
        while batch := list(islice(countable, _FRAMES_AT_ONCE)):
            yield MonoBlock(rate_hz, mono(_samples(batch, channels)), channels)


def _shape(frame: Any) -> tuple[int, int, str, str] | None:
    if isinstance(frame, Gap):
        return None
    layout = frame.layout
    return frame.sample_rate, layout.nb_channels, layout.name, frame.format.name


def _countable(frames: Iterable[Any], channels: int) -> Iterator[Any]:
    """Returns the frames of one shape; those of too many planes as floats in one plane."""
    if channels < _UNCOUNTED_PLANES:
        return iter(frames)
    resampler = av.AudioResampler(format="flt")
    return chain.from_iterable(map(resampler.resample, frames))


def _samples(frames: list[Any], channels: int) -> npt.NDArray[Any]:
    """Returns an array of frames by channels as floats, from any of FFmpeg's sample formats."""
    array = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    array = array.T if frames[0].format.is_planar else array.reshape(-1, channels)
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128) / 128
    if array.dtype.kind == "i":
        return array.astype(np.float32) / float(1 << (8 * array.dtype.itemsize - 1))
    return array
