"""The training loop: budget, learning rate, and going on after an interruption."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from recipe.training import Budget, RateSchedule, Run


class Line:
    """Learns y = 2x; a task as small as one can be."""

    name = "line"

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network = torch.nn.Linear(1, 1)

    def loss(self, step: int) -> tuple[Any, Mapping[str, float]]:
        """The squared error on three points in turn."""
        x = torch.full((4, 1), step % 3 - 1.0)
        error = (self.network(x) - 2 * x).square().mean()
        return error, {"error": error.item()}

    def evaluate(self) -> Mapping[str, float]:
        """The error at one point."""
        return self.loss(2)[1]

    def save(self, path: Path) -> None:
        """Writes the two weights."""
        torch.save(self.network.state_dict(), path)


def run(folder: Path, steps: int, task: Line, announced: list[Path]) -> None:
    Run(
        task=task,
        budget=Budget(minutes=0, steps=steps),
        schedule=RateSchedule(0.05, warm_up_steps=1, constant_part=0.99),
        folder=folder,
        clip=10.0,
        betas=(0.9, 0.99),
        on_snapshot=announced.append,
        clock=lambda: 0.0,
    ).train()


def test_a_budget_counts_steps_when_it_has_them_and_minutes_otherwise() -> None:
    assert Budget(minutes=10, steps=200).part(50, elapsed_s=9999) == 0.25
    assert Budget(minutes=10).part(50, elapsed_s=300) == 0.5
    assert Budget(minutes=10).part(50, elapsed_s=6000) == 1.0


def test_the_rate_warms_up_stays_and_falls() -> None:
    schedule = RateSchedule(1.0, warm_up_steps=10, constant_part=0.5)
    assert schedule.at(0, 0.0) == pytest.approx(0.1)
    assert schedule.at(50, 0.5) == pytest.approx(1.0)
    assert schedule.at(50, 1.0) == pytest.approx(0.02)


def test_training_lowers_the_loss_and_leaves_snapshot_and_curve(tmp_path: Path) -> None:
    task, announced = Line(), list[Path]()
    before = task.evaluate()["error"]
    run(tmp_path, 100, task, announced)
    assert task.evaluate()["error"] < before / 10
    assert announced == [tmp_path / "snapshots" / "line-1.nemo"]
    assert (
        (tmp_path / "line.curve.csv")
        .read_text()
        .startswith("step,minutes,error,held_out_error,rate")
    )


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole, first, resumed = Line(), Line(), Line()
    run(tmp_path / "whole", 40, whole, [])
    run(tmp_path / "parts", 15, first, [])
    run(tmp_path / "parts", 40, resumed, [])
    assert torch.equal(whole.network.weight, resumed.network.weight)


def test_a_resumed_training_drops_the_rows_it_will_write_again(tmp_path: Path) -> None:
    run(tmp_path, 100, Line(), [])
    curve = tmp_path / "line.curve.csv"
    curve.write_text(curve.read_text() + "110,1,2,3,4\n")
    run(tmp_path, 200, Line(), [])
    assert [row.split(",")[0] for row in curve.read_text().splitlines()] == ["step", "100", "200"]
