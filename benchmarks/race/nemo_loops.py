"""What the peers call, in a loop without a server, and what word times add to it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.inputs import CLIP_RATE_HZ
from benchmarks.measures import Round
from benchmarks.peers.nemo_calls import BYTES_PER_SAMPLE, Recogniser, Voice, read_clip


class NemoRecogniser:
    """A recogniser, restored and called by NeMo's own code."""

    def __init__(self, checkpoint: str, clips: Sequence[Path], *, has_words: bool = False) -> None:
        self._recogniser = Recogniser(checkpoint)
        if has_words:
            give_word_times(self._recogniser.model)
        self._clips = [read_clip(path.read_bytes()) for path in clips]
        self.batched(range(min(8, len(clips))), 4)

    def batched(self, places: Sequence[int], batch: int) -> Round:
        """Returns the round over these clips, sorted by length, in batches of this size."""
        clips = sorted((self._clips[place] for place in places), key=len)
        began_s = time.perf_counter()
        for first in range(0, len(clips), batch):
            self._recogniser.hypotheses(clips[first : first + batch])
        seconds = time.perf_counter() - began_s
        return Round(seconds, len(clips), sum(map(len, clips)) / CLIP_RATE_HZ)

    def texts(self, places: Sequence[int]) -> list[str]:
        """Returns what is heard in these clips, each alone."""
        return [self._recogniser.recognise([self._clips[place]])[0] for place in places]


class NemoVoice:
    """A voice, restored and called by NeMo's own code."""

    def __init__(self, checkpoint: str, vocoder: str, texts: Sequence[str]) -> None:
        self._voice = Voice(checkpoint, vocoder)
        self._texts = texts
        self._voice.speak(texts[:2])

    def batched(self, places: Sequence[int], batch: int) -> Round:
        """Returns the round over these texts, sorted by length, in batches of this size."""
        texts = sorted((self._texts[place] for place in places), key=len)
        began_s = time.perf_counter()
        made = [
            sound
            for first in range(0, len(texts), batch)
            for sound in self._voice.speak(texts[first : first + batch])
        ]
        seconds = time.perf_counter() - began_s
        samples = sum(map(len, made)) / BYTES_PER_SAMPLE
        return Round(seconds, len(texts), samples / self._voice.rate_hz)


def give_word_times(model: Any) -> None:
    """Makes NeMo's decoding give the times and the confidence of words, as our service does."""
    from omegaconf import OmegaConf, open_dict  # noqa: PLC0415 comes with NeMo

    decoding = OmegaConf.create(OmegaConf.to_container(model.cfg.decoding))
    with open_dict(decoding):
        decoding.compute_timestamps = True
        decoding.confidence_cfg = {
            "preserve_frame_confidence": False,
            "preserve_token_confidence": True,
            "preserve_word_confidence": True,
            "exclude_blank": True,
            "aggregation": "min",
            "method_cfg": {
                "name": "entropy",
                "entropy_type": "tsallis",
                "alpha": 0.33,
                "entropy_norm": "lin",
            },
        }
    model.change_decoding_strategy(decoding, verbose=False)
    model.eval()
