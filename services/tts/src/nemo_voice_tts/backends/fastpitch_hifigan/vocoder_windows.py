"""Which stretches of a spectrogram the vocoder runs on, so that the joined sound is exact.

HiFi-GAN sees only so many frames around each sample: with that much context on both sides a
stretch sounds as it does in the whole. Stretches of few sizes can be batched across requests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHORTEST_WIDTH = 3
"""In contexts: a window with less than one context's length to keep would hardly get anywhere."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of the vocoder: the frames it reads and those whose sound is kept."""

    start: int
    frame_count: int
    keep_start: int
    keep_end: int


@dataclass(frozen=True, slots=True)
class UpsamplingStage:
    """One stage of a HiFi-GAN generator: a transposed convolution, then residual blocks."""

    kernel: int
    stride: int
    padding: int
    residual_reach: int
    """Samples that the widest residual block sees to each side, at the stage's output rate."""


def context_frames(pre_reach: int, stages: Sequence[UpsamplingStage], post_reach: int) -> int:
    """Returns how many frames to each side have a part in the sound of one frame.

    Args:
        pre_reach: Frames that the first convolution sees to each side.
        stages: The upsampling stages in order.
        post_reach: Samples that the last convolution sees to each side.
    """
    samples = 1
    for stage in stages:
        samples *= stage.stride
    first, last = -post_reach, samples - 1 + post_reach
    for stage in reversed(stages):
        first, last = first - stage.residual_reach, last + stage.residual_reach
        # A transposed convolution's input i is in outputs i * stride - padding + [0, kernel).
        first = -((stage.kernel - 1 - stage.padding - first) // stage.stride)
        last = (last + stage.padding) // stage.stride
    return max(pre_reach - first, last + pre_reach)


def stretches(
    frame_count: int, *, widths: Sequence[int], context: int, first_width: int | None = None
) -> list[Stretch]:
    """Returns the runs whose kept parts, in order, are the whole sound.

    The first run begins with the spectrogram and the last ends with it, so that the sound is exact
    at both ends too. A spectrogram shorter than every width is one run of its own length.

    Args:
        frame_count: Frames of the spectrogram.
        widths: Sizes of a run; the largest that fits is used.
        context: Frames to each side that have a part in a frame's sound.
        first_width: Size of the first run, for early sound.
    """
    fitting = [width for width in widths if SHORTEST_WIDTH * context <= width <= frame_count]
    if not fitting:
        return [Stretch(0, frame_count, 0, frame_count)] if frame_count else []
    width = max(fitting)
    first = first_width if first_width in fitting else width
    return list(_runs(frame_count, first=first, later=width, context=context))


def even_width(frame_count: int, *, longest: int, context: int) -> int:
    """Returns the size of the runs, as few and short as can be, of which none is longer.

    Args:
        frame_count: Frames of the spectrogram.
        longest: Most frames of a run; ignored where it is not three contexts.
        context: As for `stretches`.
    """
    if frame_count <= longest or longest < SHORTEST_WIDTH * context:
        return frame_count
    shared = 2 * context
    count = -(-(frame_count - shared) // (longest - shared))
    return -(-(frame_count + (count - 1) * shared) // count)


def _runs(frame_count: int, *, first: int, later: int, context: int) -> Iterator[Stretch]:
    position, width = 0, first
    while position < frame_count:
        start = max(0, min(position - context, frame_count - width))
        is_last = start + width >= frame_count
        keep_end = frame_count if is_last else start + width - context
        yield Stretch(start, width, position, keep_end)
        position, width = keep_end, later
