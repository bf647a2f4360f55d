"""An independent recogniser: pocketsphinx with the models inside its package.

Called by `voicing.py`. It never saw a voice of ours or espeak's, so it can say whether the trained
voice lost anything against its teacher. It is a weak judge of both: only the difference counts.
"""

from collections.abc import Sequence

import numpy as np
from pocketsphinx import Decoder

from evaluation.speech import SAMPLE_RATE_HZ, Samples

_PEAK = 20_000
_FLOOR = 8  # a little noise: digital silence upsets its cepstral mean
_AROUND_S = 0.4  # speech that begins at once costs it the first word


def judged(clips: Sequence[Samples]) -> list[str]:
    """Returns what pocketsphinx hears in each clip."""
    decoder = Decoder(samprate=SAMPLE_RATE_HZ, loglevel="FATAL")
    rng = np.random.default_rng(0)
    return [_heard(decoder, clip, rng) for clip in clips]


def _heard(decoder: Decoder, clip: Samples, rng: np.random.Generator) -> str:
    padded = np.pad(clip.astype(np.float64), round(_AROUND_S * SAMPLE_RATE_HZ))
    loud = padded / (np.abs(clip).max() + 1e-6) * _PEAK
    samples = np.clip(loud + rng.normal(0, _FLOOR, len(loud)), -32768, 32767).astype(np.int16)
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return str(hypothesis.hypstr) if hypothesis else ""
