"""What a training prints while it runs: losses, time left, word error rates of held-out sentences.

Called by `train.py`.
"""

import statistics
import sys
import time

import editdistance
import torch

from recipe.asr.batches import Batches
from recipe.asr.stages import Stage
from recipe.asr.training_state import Training

_SAVE_EVERY_S = 240.0
_REPORT_EVERY = 50


class Reporter:
    """Prints how a training goes, measures its time, and keeps its state every few minutes."""

    def __init__(self, training: Training, stage: Stage, batches: Batches) -> None:
        self._training, self._stage, self._batches = training, stage, batches
        self._seen: dict[str, list[float]] = {}
        self._last_s = self._kept_s = time.monotonic()

    def write(self, losses: dict[str, float]) -> None:
        """Takes in a step's losses; reports and keeps the training when it is time."""
        for name, loss in losses.items():
            self._seen.setdefault(name, []).append(loss)
        now_s = time.monotonic()
        self._training.trained_s += now_s - self._last_s
        self._last_s = now_s
        if self._training.step % _REPORT_EVERY == 0:
            _report(self._training, self._stage, self._seen)
            self._seen = {}
        if now_s - self._kept_s > _SAVE_EVERY_S:
            self.keep()

    def keep(self) -> None:
        """Keeps the training and reports its error rates, in time that does not count."""
        self._training.keep()
        _report_rates(self._training, self._batches)
        self._last_s = self._kept_s = time.monotonic()


def _report_rates(training: Training, batches: Batches) -> None:
    rates = word_error_rates(training, batches)
    shown = ", ".join(f"{kind} {rate:.1%}" for kind, rate in rates.items())
    sys.stdout.write(f"== {training.trained_s / 60:.1f} min: word error rate {shown}\n")
    sys.stdout.flush()


def word_error_rates(training: Training, batches: Batches) -> dict[str, float]:
    """Returns how many words of the held-out sentences the model gets wrong, by kind of speech."""
    model = training.model.eval()
    rates = {}
    for kind in ("check-espeak", "check-voice"):
        errors = words = 0
        for features, tokens in batches.plain(kind):
            with torch.inference_mode():
                encoded, lengths = model.encoder(
                    audio_signal=features[None].to(training.device),
                    length=torch.tensor([features.shape[1]], device=training.device),
                )
                heard = model.decoding.rnnt_decoder_predictions_tensor(encoded, lengths)
            said = model.tokenizer.ids_to_text(tokens).split()
            errors += editdistance.eval(said, heard[0].text.split())
            words += len(said)
        if words:
            rates[kind] = errors / words
    model.train()
    return rates


def _report(training: Training, stage: Stage, seen: dict[str, list[float]]) -> None:
    part = training.step / stage.steps
    left_min = training.trained_s / 60 * (1 - part) / part
    shown = " ".join(f"{name} {statistics.fmean(values):.4f}" for name, values in seen.items())
    sys.stdout.write(
        f"step {training.step} of {stage.steps}, {training.trained_s / 60:.1f} min, "
        f"{left_min:.0f} to go: {shown}\n"
    )
    sys.stdout.flush()
