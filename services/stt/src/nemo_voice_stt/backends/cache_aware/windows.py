"""Cuts a stream of samples into windows, each with whole chunks of the encoder's frames.

Frames of features overlap and reach to both sides of their place. A window holds all samples that
its own frames need, so that these are those of the whole recording. Knows no torch: it runs on the
event loop.
"""

from dataclasses import dataclass

import numpy as np

from nemo_voice_serving.audio.samples import Samples

_LONGEST_FRAMES = 320
"""Of one window: a stream that is behind is heard in larger steps, up to this."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How samples become frames of features, and these the encoder's frames."""

    hop: int
    """Samples from one frame of features to the next."""
    before: int
    """Samples before a frame's place that its features need."""
    after: int
    """Samples from a frame's place on that its features need; at least a hop."""
    subsampling: int
    """Frames of features for each of the encoder's."""
    chunk: int
    """The encoder's frames in one chunk: the present one and those that it looks ahead."""

    @property
    def chunk_frames(self) -> int:
        """Frames of features in one chunk; the first has fewer, by all but one of the encoder's."""
        return self.subsampling * self.chunk

    @property
    def context_frames(self) -> int:
        """Frames of features whose samples a window holds before its own."""
        return -(-self.before // self.hop)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many chunks a window may have: powers of two, since only equal ones make a batch."""
        most = max(1, _LONGEST_FRAMES // self.chunk_frames)
        return tuple(1 << power for power in range(most.bit_length()))

    def frames_of(self, chunks: int) -> int:
        """Returns how many frames of features so many first chunks of a stream have."""
        return chunks * self.chunk_frames - (self.subsampling - 1) if chunks else 0

    def chunks_in(self, frames: int) -> int:
        """Returns how many whole chunks so many first frames of a stream have."""
        return (frames + self.subsampling - 1) // self.chunk_frames


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Samples of some frames, and of those before."""

    samples: Samples
    first_frame: int
    context_frames: int
    frames: int
    chunks: int
    is_last: bool


class Windows:
    """The samples of one stream that are still wanted."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._held: list[Samples] = []
        self._begins = 0
        self._added = 0
        self._frames = 0
        self._chunks = 0
        self._ends: int | None = None

    @property
    def added(self) -> int:
        """How many samples were added."""
        return self._added

    @property
    def taken(self) -> int:
        """How many samples no later window has as its own."""
        return min(self._added, self._frames * self._geometry.hop)

    def add(self, samples: Samples) -> None:
        """Takes what follows."""
        if len(samples) and self._ends is None:
            self._held.append(samples)
            self._added += len(samples)

    def end(self, length: int) -> None:
        """Takes what was added for the whole, padded with silence to a length."""
        if self._ends is None:
            length = max(length, self._added, self._geometry.hop)
            self._held.append(np.zeros(length - self._added, np.float32))
            self._ends = self._added = length

    def next(self) -> Window | None:
        """Returns the next window; None while its samples are not there, and after the last."""
        geometry = self._geometry
        if self._ends is None:
            whole = (self._added - geometry.after) // geometry.hop + 1
            return self._full(geometry.chunks_in(whole) - self._chunks)
        total = self._ends // geometry.hop
        left = -(-(total + geometry.subsampling - 1) // geometry.chunk_frames) - self._chunks
        if left > geometry.sizes[-1]:
            return self._full(left)
        if self._frames > total:
            return None
        chunks = next(size for size in geometry.sizes if size >= left)
        window = self._window(total - self._frames, chunks, self._ends, is_last=True)
        self._frames = total + 1
        return window

    def _full(self, chunks: int) -> Window | None:
        geometry = self._geometry
        chunks = max((size for size in geometry.sizes if size <= chunks), default=0)
        if not chunks:
            return None
        frames = geometry.frames_of(self._chunks + chunks) - self._frames
        ends = (self._frames + frames - 1) * geometry.hop + geometry.after
        window = self._window(frames, chunks, ends, is_last=False)
        self._frames += frames
        self._chunks += chunks
        self._forget()
        return window

    def _window(self, frames: int, chunks: int, ends: int, *, is_last: bool) -> Window:
        context = min(self._frames, self._geometry.context_frames)
        begins = (self._frames - context) * self._geometry.hop
        joined = self._joined()[begins - self._begins : ends - self._begins]
        return Window(joined.copy(), self._frames, context, frames, chunks, is_last)

    def _joined(self) -> Samples:
        if len(self._held) > 1:
            self._held = [np.concatenate(self._held)]
        return self._held[0]

    def _forget(self) -> None:
        """Drops what no later window needs."""
        context = min(self._frames, self._geometry.context_frames)
        begins = (self._frames - context) * self._geometry.hop
        self._held = [self._joined()[begins - self._begins :].copy()]
        self._begins = begins
