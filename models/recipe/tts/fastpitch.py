"""Trains the demo FastPitch with the teacher's own durations and pitch.

Needs the data of `data.py`; `python -m recipe tts-fastpitch` calls `main`.
"""

import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from nemo.collections.tts.models import FastPitchModel

from recipe.training import half_precision
from recipe.tts.batches import (
    Batch,
    Corpus,
    Marks,
    collate,
    load_corpus,
    plain,
    plan_epoch,
    varied,
)
from recipe.tts.config import new_fastpitch, restored
from recipe.tts.items import data_folder
from recipe.tts.training_command import train, training_parser

_SEED = 11
_MEAN_MEL = -6.0  # where the output starts, so that the first steps are not spent on it
_EVALUATED_TOGETHER = 8


class FastPitchTask:
    """FastPitch, the corpus and the loss."""

    name = "fastpitch"

    def __init__(self, corpus: Corpus, folder: Path, init: Path | None) -> None:
        self._corpus = corpus
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(_SEED)
        self._model = new_fastpitch(folder / "lexicon.dict", folder / "heteronyms")
        self.network = self._model.fastpitch
        with torch.no_grad():
            self.network.proj.bias.fill_(_MEAN_MEL)
        if init:
            self._model.load_state_dict(restored(FastPitchModel, init).state_dict())
        self.network.pitch_mean[0] = corpus.pitch_mean_hz
        self.network.pitch_std[0] = corpus.pitch_std_hz
        self._model.to(self._device).train()
        self._marks = Marks(self._model.vocab._token2id)
        self._lengths = [item.frames for item in corpus.items]
        self._plan: list[list[int]] = []
        self._planned: range = range(0)
        self._epoch = -1

    def loss(self, step: int) -> tuple[Any, Mapping[str, float]]:
        """Returns the loss on the batch of a step: mel, durations and pitch."""
        examples = [
            varied(
                self._corpus,
                self._corpus.items[index],
                self._marks,
                random.Random(f"{step}/{index}"),
            )
            for index in self._batch_of(step)
        ]
        mel, square, duration, pitch = self._losses(examples, fast=True)
        parts = {"mel": mel.item(), "duration": duration.item(), "pitch": pitch.item()}
        return mel + 0.3 * square + 0.5 * duration + 0.15 * pitch, parts

    def evaluate(self) -> Mapping[str, float]:
        """Returns the losses on the held-out items."""
        self._model.eval()
        held_out = self._corpus.held_out
        sums = torch.zeros(4)
        with torch.no_grad():
            for first in range(0, len(held_out), _EVALUATED_TOGETHER):
                items = held_out[first : first + _EVALUATED_TOGETHER]
                losses = self._losses([plain(self._corpus, item) for item in items], fast=False)
                sums += torch.stack(losses).cpu() * len(items) / len(held_out)
        self._model.train()
        mel, _, duration, pitch = sums.tolist()
        return {"mel": mel, "duration": duration, "pitch": pitch}

    def save(self, path: Path) -> None:
        """Writes the model, in evaluation mode, as a `.nemo` file."""
        self._model.eval()
        self._model.save_to(str(path))
        self._model.train()

    def _batch_of(self, step: int) -> list[int]:
        while step not in self._planned:
            self._epoch += 1
            self._plan = plan_epoch(self._lengths, _SEED, self._epoch)
            self._planned = range(self._planned.stop, self._planned.stop + len(self._plan))
        return self._plan[step - self._planned.start]

    def _losses(self, examples: Sequence[Any], *, fast: bool) -> tuple[Any, Any, Any, Any]:
        batch = collate(examples, self._model.vocab.pad)
        return fastpitch_losses(self.network, batch, self._device, fast=fast)


def fastpitch_losses(
    network: Any, batch: Batch, device: Any, *, fast: bool
) -> tuple[Any, Any, Any, Any]:
    """Returns absolute and squared error of the mel, and the errors of log durations and pitch."""
    tokens, durations, pitch = (
        tensor.to(device) for tensor in (batch.tokens, batch.durations, batch.pitch)
    )
    target, frame_mask, token_mask = (
        tensor.to(device) for tensor in (batch.mels, batch.frame_mask, batch.token_mask)
    )
    with half_precision(device, wanted=fast):
        outputs = network(text=tokens, durs=durations, pitch=pitch, pace=1.0)
    mels, log_durations, heights = outputs[0].float().mT, outputs[3].float(), outputs[4].float()
    frames = min(mels.shape[1], target.shape[1])
    error = (mels[:, :frames] - target[:, :frames]) * frame_mask[:, :frames]
    cells = frame_mask.sum() * target.shape[2]
    spoken = token_mask.sum()
    duration = ((log_durations - torch.log(durations + 1)).square() * token_mask).sum() / spoken
    height = ((heights - pitch).square() * token_mask).sum() / spoken
    return error.abs().sum() / cells, error.square().sum() / cells, duration, height


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, or resumes the training, until the budget is spent."""
    parser = training_parser("tts-fastpitch", __doc__, minutes=60, rate=2e-3)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    folder = data_folder()
    task = FastPitchTask(load_corpus(folder), folder, arguments.init)
    train(task, arguments, folder.parent, clip=2.0, betas=(0.9, 0.98))
    return 0


if __name__ == "__main__":
    sys.exit(main())
