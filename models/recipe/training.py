"""The training loop of FastPitch and the vocoder: budget, rate, checkpoints, snapshots, curve.

A job stopped at any moment goes on from its last checkpoint when started again.
"""

import csv
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

import torch

from recipe.files import written_whole
from recipe.progress import Progress

_CHECKPOINT_EVERY_S = 180.0
_SNAPSHOT_EVERY_S = 600.0
_EVALUATE_EVERY = 100  # steps
_FINAL_RATE = 0.02  # of the peak


def half_precision(device: Any, *, wanted: bool) -> Any:
    """Returns a context that computes in bfloat16, if wanted and quick on this processor."""
    quick = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted and quick)


@dataclass(frozen=True)
class Budget:
    """How long to train: a number of steps, or else minutes."""

    minutes: float
    steps: int | None = None

    def part(self, step: int, elapsed_s: float) -> float:
        """Returns the part of the training that is done, 0 to 1."""
        done = step / self.steps if self.steps else elapsed_s / (60 * self.minutes)
        return min(done, 1.0)


@dataclass(frozen=True)
class RateSchedule:
    """A learning rate that warms up, stays, and falls as a cosine."""

    peak: float
    warm_up_steps: int = 100
    constant_part: float = 0.3

    def at(self, step: int, part: float) -> float:
        """Returns the rate for a step when `part` of the budget is spent."""
        warm = min(1.0, (step + 1) / self.warm_up_steps)
        falling = max(0.0, (part - self.constant_part) / (1 - self.constant_part))
        cosine = 0.5 * (1 + math.cos(math.pi * falling))
        return self.peak * warm * (_FINAL_RATE + (1 - _FINAL_RATE) * cosine)


class Task(Protocol):
    """What is trained: one model, its data and its loss."""

    name: str
    network: Any
    """The part of the model whose weights are trained."""

    def loss(self, step: int) -> tuple[Any, Mapping[str, float]]:
        """Returns the loss to minimise on the batch of a step, and its parts by name."""
        ...

    def evaluate(self) -> Mapping[str, float]:
        """Returns the losses on held-out data."""
        ...

    def save(self, path: Path) -> None:
        """Writes the whole model as a `.nemo` file."""
        ...


@dataclass
class Run:
    """One training job and the folder where it keeps its state."""

    task: Task
    budget: Budget
    schedule: RateSchedule
    folder: Path
    clip: float
    """Largest norm of the gradient."""
    betas: tuple[float, float]
    on_snapshot: Callable[[Path], None]
    clock: Callable[[], float] = time.monotonic
    _step: int = field(default=0, init=False)
    _elapsed_s: float = field(default=0.0, init=False)
    _snapshots: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._optimizer = torch.optim.AdamW(
            self.task.network.parameters(),
            lr=self.schedule.peak,
            betas=self.betas,
            weight_decay=1e-4,
        )
        self._checkpoint = self.folder / f"{self.task.name}.checkpoint.pt"
        self._curve = self.folder / f"{self.task.name}.curve.csv"
        if self._checkpoint.exists():
            self._resume()

    def train(self) -> None:
        """Trains until the budget is spent, and leaves a last checkpoint and snapshot.

        Does nothing if an earlier run has spent the budget.
        """
        progress = Progress(self.task.name, clock=self.clock)
        begun_s = self.clock() - self._elapsed_s
        saved_s = shown_s = self._elapsed_s
        seen: list[Mapping[str, float]] = []
        if self.budget.part(self._step, self._elapsed_s) >= 1:
            return
        while (part := self.budget.part(self._step, self._elapsed_s)) < 1:
            seen.append(self._one_step(part))
            self._elapsed_s = self.clock() - begun_s
            if self._step % _EVALUATE_EVERY == 0:
                self._record(part, seen)
                seen = []
            if self._elapsed_s - saved_s > _CHECKPOINT_EVERY_S:
                self._save_checkpoint()
                saved_s = self._elapsed_s
            if self._elapsed_s - shown_s > _SNAPSHOT_EVERY_S:
                self._save_snapshot()
                shown_s = self._elapsed_s
            progress.report(part, f"step {self._step}")
        self._save_checkpoint()
        self._save_snapshot()

    def _one_step(self, part: float) -> Mapping[str, float]:
        for group in self._optimizer.param_groups:
            group["lr"] = self.schedule.at(self._step, part)
        torch.manual_seed(self._step)  # dropout is the same after a resumption
        loss, parts = self.task.loss(self._step)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.task.network.parameters(), self.clip)
        self._optimizer.step()
        self._step += 1
        return parts

    def _record(self, part: float, seen: Sequence[Mapping[str, float]]) -> None:
        means = {name: fmean(parts[name] for parts in seen) for name in seen[0]}
        held_out = {f"held_out_{name}": value for name, value in self.task.evaluate().items()}
        row = {"step": float(self._step), "minutes": self._elapsed_s / 60, **means, **held_out}
        row["rate"] = self.schedule.at(self._step, part)
        fresh = not self._curve.exists()
        with self._curve.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(row)
            writer.writerow(f"{value:.5g}" for value in row.values())

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        self.task.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._step, self._elapsed_s = state["step"], state["elapsed_s"]
        self._snapshots = state["snapshots"]
        if self._curve.exists():
            self._forget_later_rows()

    def _forget_later_rows(self) -> None:
        """Drops the curve's rows of the steps that are done again."""
        head, *rows = self._curve.read_text(encoding="utf-8").splitlines()
        kept = [head, *(row for row in rows if float(row.split(",")[0]) <= self._step)]
        self._curve.write_text("\n".join(kept) + "\n", encoding="utf-8")

    def _save_checkpoint(self) -> None:
        state = {
            "network": self.task.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self._step,
            "elapsed_s": self._elapsed_s,
            "snapshots": self._snapshots,
        }
        with written_whole(self._checkpoint) as file:
            torch.save(state, file)

    def _save_snapshot(self) -> None:
        self._snapshots += 1
        path = self.folder / "snapshots" / f"{self.task.name}-{self._snapshots}.nemo"
        path.parent.mkdir(exist_ok=True)
        with written_whole(path) as file:
            self.task.save(file)
        self.on_snapshot(path)
