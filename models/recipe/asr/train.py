"""Trains the recogniser: `python -m recipe.asr.train --stage begin`, then `lattice`, then `voice`.

A stage goes on where it stopped. It starts from the stage before it, or from a `.nemo` file
(`--init`).
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import editdistance
import torch

from recipe.asr import ranks
from recipe.asr.batches import Batches
from recipe.asr.loss import Weights, losses
from recipe.asr.model import grown_base, load, new_base, package, write_tokenizer
from recipe.asr.shards import cache_folder, read_shard, shard_names

_SAVE_EVERY_S = 240.0
_REPORT_EVERY = 50
_SMALLEST_RATE = 0.01


@dataclass(frozen=True)
class Stage:
    """How long, on what and with which losses to train."""

    steps: int
    rate: float
    """Highest learning rate."""
    weights: Weights
    shares: dict[str, float]
    """Kinds of speech in the mix."""
    decay: float = 0.9
    """Part of the steps, at the end, over which the rate falls to nothing."""
    frames: int = 4000
    """Frames of 10 ms in a batch."""
    lattice_every: int = 4
    """The lattice loss doubles the cost of a step, so it is taken every so many steps."""
    rare_weight: float = 1.0
    """How often a sentence with a rare word is taken, against one without."""
    joining: bool = True
    """Whether utterances are joined and surrounded by silence."""
    before: str = ""
    """The stage whose weights it takes."""


STAGES = {
    "begin": Stage(
        steps=7000,
        rate=2e-3,
        weights=Weights(lattice=0, nodes=1, ctc=0.3, frames=1),
        shares={"espeak": 1.0},
        joining=False,
    ),
    "lattice": Stage(
        steps=6000,
        rate=6e-4,
        weights=Weights(lattice=1, nodes=0.5, ctc=0.2),
        shares={"espeak": 0.9, "voice": 0.25, "noise": 0.03},
        decay=0.5,
        rare_weight=0.2,
        before="begin",
    ),
    "voice": Stage(
        steps=2500,
        rate=3e-4,
        weights=Weights(lattice=1, nodes=0.5, ctc=0),
        shares={"espeak": 0.55, "voice": 0.42, "noise": 0.03},
        rare_weight=0.3,
        before="lattice",
    ),
}


def learning_rate(stage: Stage, step: int) -> float:
    """The rate at a step: quickly up, level, and at the end down along a cosine."""
    warm = min(200.0, 0.05 * stage.steps)
    if step < warm:
        return stage.rate * (step + 1) / warm
    falling = stage.steps * (1 - stage.decay)
    if step < falling:
        return stage.rate
    part = min(1.0, (step - falling) / (stage.steps - falling))
    return stage.rate * max(_SMALLEST_RATE, 0.5 * (1 + math.cos(math.pi * part)))


class Training:
    """A model, its optimiser and how far they have come, kept in a file."""

    def __init__(self, base: Path, kept: Path) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.base, self.kept = base, kept
        self.model: Any = load(base).to(self.device)
        # The processes measure their batches apart, and one alone the held-out sentences.
        self.model.encoder.sync_max_audio_length = False
        width = self.model.cfg.encoder.d_model
        self.head = torch.nn.Linear(width, self.model.tokenizer.vocab_size + 1).to(self.device)
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.parameters += list(self.head.parameters())
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in self.parameters if p.dim() > 1], "weight_decay": 1e-2},
                {"params": [p for p in self.parameters if p.dim() <= 1], "weight_decay": 0.0},
            ],
            lr=1e-3,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.step = self.epoch = 0
        self.trained_s = 0.0

    def take_weights(self, path: Path) -> None:
        """Starts from the weights another stage ended with."""
        state = torch.load(path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.head.load_state_dict(state["head"])

    def resume(self) -> None:
        """Goes on where the file says it stopped, if there is one."""
        if not self.kept.exists():
            return
        state = torch.load(self.kept, map_location=self.device)
        self.take_weights(self.kept)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.epoch = state["step"], state["epoch"]
        self.trained_s = state["trained_s"]

    def keep(self) -> None:
        """Writes everything needed to go on, and the model as it is as a `.nemo` file beside it."""
        unfinished = self.kept.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "head": self.head.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "epoch": self.epoch,
                "trained_s": self.trained_s,
            },
            unfinished,
        )
        unfinished.replace(self.kept)
        package(self.base, self.model.state_dict(), self.kept.with_suffix(".nemo"))

    def update(self, batch: Any, stage: Stage) -> dict[str, float]:
        """One step of the optimiser; returns each loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(stage, self.step)
        wanted = stage.weights
        if self.step % stage.lattice_every:
            wanted = replace(wanted, lattice=0)
        found = losses(self.model, self.head, batch, wanted)
        weights = vars(stage.weights) | {"frames": _fading(stage, self.step)}
        total = sum((weights[name] * loss for name, loss in found.items()), torch.tensor(0.0))
        self.optimizer.zero_grad()
        total.backward()
        ranks.share_gradients(self.parameters)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.step += 1
        return {name: float(loss.detach()) for name, loss in found.items()}


def _fading(stage: Stage, step: int) -> float:
    """The frame loss shows the way at first; later it would be in the way."""
    return stage.weights.frames * max(0.0, 1 - 4 * step / stage.steps)


def train(training: Training, stage: Stage, batches: Batches, rank: int = 0) -> None:
    """Runs a stage to its end.

    The first of several processes says how far it is, and keeps its state every few minutes; the
    others wait for it at their next step.
    """
    training.model.train()
    diary = Diary(training, stage, batches) if rank == 0 else None
    while training.step < stage.steps:
        seed = training.epoch * ranks.count() + rank
        for batch in batches.epoch(seed, joining=stage.joining):
            if training.step >= stage.steps:
                break
            found = training.update(batch, stage)
            if diary:
                diary.write(found)
        training.epoch += 1
    if diary:
        diary.keep()


class Diary:
    """What is said of a training while it runs, and its time."""

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
    """How many words of the held-out sentences the model gets wrong, by kind of speech."""
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


def prepared_base(folder: Path, shards: Path, init: Path | None, layers: int) -> Path:
    """The `.nemo` file whose shape is trained: grown from `init`, or new."""
    base = folder / "base.nemo"
    if base.exists():
        return base
    folder.mkdir(parents=True, exist_ok=True)
    shard = read_shard(shards, shard_names(shards, "espeak")[0])
    if init is None:
        write_tokenizer(folder / "tokenizer", shard.texts)
        new_base(base, folder / "tokenizer", layers)
    else:
        from recipe.asr.batches import normalised  # noqa: PLC0415

        frames = torch.from_numpy(shard.frames[:24000]).float().reshape(40, 600, -1)
        features = normalised(frames, torch.full((40,), 600)).transpose(1, 2)
        grown_base(base, init, features, layers)
    return base


def train_stage(rank: int, name: str, stage: Stage, folder: Path, base: Path) -> None:
    """One process's part of a stage, from where it stopped or from the stage before it."""
    torch.manual_seed(rank)
    training = Training(base, folder / f"{name}.pt")
    if stage.before and not training.kept.exists():
        training.take_weights(folder / f"{stage.before}.pt")
    training.resume()
    tokenizer = training.model.tokenizer.tokenizer
    batches = Batches(folder / "shards", tokenizer, stage.shares, stage.frames, stage.rare_weight)
    train(training, stage, batches, rank)


def main(argv: Sequence[str] | None = None) -> int:
    """Trains one stage; see `--help`."""
    parser = argparse.ArgumentParser(prog="recipe.asr.train", description=__doc__)
    parser.add_argument("--stage", choices=STAGES, required=True)
    parser.add_argument(
        "--init", type=Path, help="start from this .nemo, not from the stage before"
    )
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--decay", type=float)
    parser.add_argument("--folder", type=Path, default=cache_folder())
    parser.add_argument("--processes", type=int, default=ranks.of_machine())
    arguments = parser.parse_args(argv)
    chosen = {k: v for k in ("steps", "rate", "decay") if (v := getattr(arguments, k)) is not None}
    stage = replace(STAGES[arguments.stage], **chosen)
    if arguments.init is not None:
        stage = replace(stage, weights=replace(stage.weights, ctc=0.0), before="")
    folder = arguments.folder
    base = prepared_base(folder, folder / "shards", arguments.init, arguments.layers)
    work = partial(train_stage, name=arguments.stage, stage=stage, folder=folder, base=base)
    ranks.run(work, arguments.processes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
