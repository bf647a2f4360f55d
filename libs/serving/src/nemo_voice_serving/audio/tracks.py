"""Which of a file's sound tracks is heard.

`ffmpeg_reader.py` opens the file and decodes the tracks.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from av.stream import Discard, Disposition

from nemo_voice_serving.audio.levels import is_quiet, is_silent
from nemo_voice_serving.audio.recording import LIBRARY_ERRORS, Unreadable
from nemo_voice_serving.audio.samples import MonoBlock, Samples

_LOOK_S = 2.0
"""Silence is told from speech in stretches of this length."""
_MOST_TRACKS = 16
_MOST_S, _SAMPLES_PER_S = 8 * 3600, 192_000
"""So much silence of all tracks is decoded, where so many samples of all channels count as one
second at least; beyond, the search is given up."""


def candidates(container: Any) -> list[int]:
    """Returns the places of the tracks that can be heard, those marked as default first.

    Raises:
        Unreadable: There is no sound, or none that can be decoded.
    """
    tracks = container.streams.audio
    if not tracks:
        raise Unreadable("has no audio track")
    heard = [track for track in tracks if track.codec_context is not None]
    if not heard:
        raise Unreadable("has an audio track of a codec that is not supported")
    marked = [bool(track.disposition & Disposition.default) for track in heard]
    order = sorted(zip(heard, marked, strict=True), key=lambda one: not one[1])
    return [track.index for track, _ in order]


def packets_of(container: Any, *tracks: Any) -> Iterator[Any]:
    """Yields the packets of these tracks; the others' are not even read."""
    wanted = {track.index for track in tracks}
    for track in container.streams:
        if track.index not in wanted:
            track.discard = Discard.all
    yield from container.demux(*tracks)


def first_with_sound(
    places: Sequence[int],
    sound_of: Callable[[int], Iterable[MonoBlock]],
    *,
    share: float = 1.0,
) -> int:
    """Returns the first track that is not silent throughout.

    Where each is silence or steady noise, it is the first with noise, or the first of all. One
    track after the other is decoded up to its first sound, and nothing of it kept; after many
    tracks or hours the search is given up.

    Args:
        places: The tracks, in the order of preference.
        sound_of: Decodes a track from its start.
        share: How much of the upload the file is, and so of the hours.
    """
    left_s = _MOST_S * share
    noisy: list[int] = []
    for place in places[:_MOST_TRACKS]:
        # A track that cannot be decoded, or not further, is as good as one that ends.
        with suppress(Unreadable, *LIBRARY_ERRORS):
            for rate_hz, samples, channels in _stretches(sound_of(place)):
                if not is_silent(samples, rate_hz):
                    return place
                if not is_quiet(samples, rate_hz):
                    noisy.append(place)
                left_s -= len(samples) * max(1 / rate_hz, channels / _SAMPLES_PER_S)
                if left_s < 0:
                    return (noisy or places)[0]
    return (noisy or places)[0]


def _stretches(blocks: Iterable[MonoBlock]) -> Iterator[MonoBlock]:
    held: list[Samples] = []
    shape, count = (0, 0), 0
    for rate_hz, samples, channels in blocks:
        if held and ((rate_hz, channels) != shape or count >= _LOOK_S * rate_hz):
            yield MonoBlock(shape[0], np.concatenate(held), shape[1])
            held, count = [], 0
        shape = rate_hz, channels
        held.append(samples)
        count += len(samples)
    if held:
        yield MonoBlock(shape[0], np.concatenate(held), shape[1])
