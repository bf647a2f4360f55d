"""What the families do alike with batches: which pieces the model gets, and which warm it up."""

from collections.abc import Callable, Sequence

import numpy as np

from nemo_voice_serving.audio.levels import SILENCE_DBFS
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.transcription.port import Clip, Recognition

_MOMENT_S = 0.05
_NOTHING = Recognition("", ())


def recognise_audible(
    batch: Sequence[Clip],
    rate_hz: int,
    most: int,
    recognise: Callable[[Sequence[Clip]], Sequence[Recognition]],
) -> list[Recognition]:
    """Returns what is said in each clip; in silence nothing, for which models invent words.

    Args:
        batch: The clips.
        rate_hz: Of their samples.
        most: How many are recognised at once.
        recognise: What the model makes of so many.
    """
    results = [_NOTHING] * len(batch)
    audible = [
        place
        for place, clip in enumerate(batch)
        if loudest_dbfs(clip.samples, rate_hz) > SILENCE_DBFS
    ]
    for first in range(0, len(audible), most):
        places = audible[first : first + most]
        recognised = recognise([batch[place] for place in places])
        for place, recognition in zip(places, recognised, strict=True):
            results[place] = recognition
    return results


def loudest_dbfs(piece: Samples, sample_rate_hz: int) -> float:
    """Returns the level of the loudest twentieth of a second; minus infinity for none."""
    moment = max(1, round(_MOMENT_S * sample_rate_hz))
    if not len(piece):
        return -np.inf
    starts = np.arange(0, len(piece), moment)
    energies = np.add.reduceat(np.square(piece, dtype=np.float32), starts)
    counts = np.diff(np.append(starts, len(piece)))
    power = float(np.max(energies / counts))
    return 10 * np.log10(power) if power > 0 else -np.inf


def warm_up_speech(options: RecogniserOptions, languages: Sequence[str], rate_hz: int) -> Samples:
    """Returns what the warm-up hears, at the model's rate, for a model of these languages."""
    if options.speech is None:
        return np.zeros(rate_hz, np.float32)
    return options.speech(languages, rate_hz)


def warm_up_shapes(options: RecogniserOptions, *, is_batched: bool) -> list[tuple[int, float]]:
    """Returns the batches to run before serving, as pieces and seconds, the largest first.

    Each length alone, too: most batches hold one piece. A CPU computes every shape the same way:
    there, the longest piece and the shortest find what fails, and how long a batch may take.
    """
    if not is_batched:
        shortest_s = min((options.longest_s, *options.bucket_edges))
        return [(1, edge) for edge in sorted({options.longest_s, shortest_s}, reverse=True)]
    edges = {options.longest_s, *(e for e in options.bucket_edges if e < options.longest_s)}
    fits = {edge: max(1, int(options.max_batch_audio_s / edge)) for edge in edges}
    shapes = {(1, edge) for edge in edges}
    shapes |= {(min(options.max_batch_items, fits[edge]), edge) for edge in edges}
    return sorted(shapes, key=lambda shape: (shape[0] * shape[1], shape[1]), reverse=True)
