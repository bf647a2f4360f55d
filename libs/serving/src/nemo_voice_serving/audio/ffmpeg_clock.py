"""The clock of a file that FFmpeg reads: when it begins, and when each frame is to be heard."""

from collections.abc import Iterator
from typing import Any

from av.stream import Disposition

from nemo_voice_serving.audio.timeline import LEAP_S
from nemo_voice_serving.audio.tracks import packets_of

# MP3, AAC or FLAC state no times, and AVI only when a track begins: from there it counts samples.
_WITH_CLOCK = frozenset({"matroska", "mov", "ogg", "asf", "flv", "mpegts", "mpeg"})
_WITHIN_OGG = frozenset({"opus", "vorbis"})
"""Of other codecs, FFmpeg takes the first page for the beginning, whatever its time."""
_COUNTS_ANEW = frozenset({"mpegts", "mpeg"})
"""Broadcasts, whose clock leaps to any number where a programme was cut."""


class Clock:
    """What a file says about time, in seconds of its own clock."""

    def __init__(self, container: Any, stream: Any) -> None:
        names = set(container.format.name.split(","))
        self._container, self._stream = container, stream
        self.states_times = bool(names & _WITH_CLOCK) and (
            "ogg" not in names or stream.codec_context.name in _WITHIN_OGG
        )
        """Whether the file has a clock that is of use, besides the number of its samples."""
        self._states_beginning = "avi" in names
        self._picture = None
        if names & _COUNTS_ANEW:
            self._picture = next(filter(_is_film, container.streams.video), None)
        self._counts_anew = bool(names & _COUNTS_ANEW)
        self._shown_since_s = self._shown_until_s = float("-inf")

    @property
    def zero_s(self) -> float | None:
        """When the file begins: with its first picture or sound, whatever the clock says then."""
        streams = [*filter(_is_film, self._container.streams.video)]
        streams += self._container.streams.audio
        starts = [
            float(stream.start_time * stream.time_base)
            for stream in streams
            if stream.start_time is not None and stream.time_base
        ]
        return min(starts, default=None)

    def start_s(self, frame: Any) -> float | None:
        """Returns when a frame is to be heard; None where the file does not say."""
        if not self.states_times and not self._states_beginning:
            return None
        self._states_beginning = False
        time_s: float | None = frame.time
        return time_s

    def packets(self) -> Iterator[Any]:
        """Yields the packets of the sound, noting when pictures are shown meanwhile."""
        if self._picture is None:
            yield from packets_of(self._container, self._stream)
            return
        for packet in packets_of(self._container, self._stream, self._picture):
            if packet.stream.index == self._stream.index:
                yield packet
            elif packet.dts is not None and packet.time_base:
                self._note(float(packet.dts * packet.time_base))

    def is_gap(self, start_s: float, end_s: float) -> bool:
        """Returns whether a leap of the clock is a gap: there are pictures, or it cannot leap."""
        return not self._counts_anew or (
            self._shown_since_s < start_s + LEAP_S and self._shown_until_s > end_s - LEAP_S
        )

    def _note(self, time_s: float) -> None:
        if not -LEAP_S < time_s - self._shown_until_s < LEAP_S:
            self._shown_since_s = time_s
        self._shown_until_s = time_s


def _is_film(stream: Any) -> bool:
    return not stream.disposition & Disposition.attached_pic
