"""The audio of a session that is still wanted, by its place in the whole of what was sent."""

from nemo_voice_stt.realtime.audio_format import LiveFormat


class AudioBuffer:
    """16-bit samples; places count bytes from the start of the session's audio."""

    def __init__(self, live_format: LiveFormat, *, begins_at_s: float = 0.0) -> None:
        self._format = live_format
        self._pcm = bytearray()
        self.begins = live_format.bytes_of(begins_at_s)
        """The first place that is held."""

    @property
    def ends(self) -> int:
        """The place after the last."""
        return self.begins + len(self._pcm)

    @property
    def ends_at_s(self) -> float:
        """The same in seconds."""
        return self._format.seconds_of(self.ends)

    def add(self, pcm: bytes) -> None:
        """Takes what follows."""
        self._pcm += pcm

    def between(self, first: int, end: int) -> bytes:
        """Returns the samples from one place to another; both are held."""
        return bytes(self._pcm[first - self.begins : end - self.begins])

    def forget_before(self, place: int) -> None:
        """Drops what is before a place that is held."""
        del self._pcm[: place - self.begins]
        self.begins = place

    def seconds_between(self, first: int, end: int) -> float:
        """Returns how long the audio from one place to another lasts."""
        return self._format.seconds_of(end - first)

    def place_of(self, at_s: float) -> int:
        """Returns the place at a time, at most the end."""
        return min(self._format.bytes_of(at_s), self.ends)

    def ms_of(self, place: int) -> int:
        """Returns the time of a place in milliseconds."""
        return round(self._format.seconds_of(place) * 1000)
