"""What the commands of both trainings of the voice share: their options, and the run."""

import argparse
from pathlib import Path

from recipe.snapshots import announce
from recipe.training import Budget, RateSchedule, Run, Task


def training_parser(
    stage: str, description: str | None, *, minutes: int, rate: float
) -> argparse.ArgumentParser:
    """Returns a parser of how long, how fast and from which weights to train."""
    parser = argparse.ArgumentParser(prog=f"python -m recipe {stage}", description=description)
    shown = f"(default {minutes})"
    parser.add_argument("--minutes", type=float, default=minutes, help=f"how long {shown}")
    parser.add_argument("--steps", type=int, help="how many steps, instead of minutes")
    parser.add_argument("--init", type=Path, help="a .nemo file to start from (default: random)")
    parser.add_argument(
        "--rate", type=float, default=rate, help=f"highest learning rate (default {rate:g})"
    )
    return parser


def train(
    task: Task,
    arguments: argparse.Namespace,
    folder: Path,
    *,
    clip: float,
    betas: tuple[float, float],
) -> None:
    """Trains, or resumes a training, until the budget of the arguments is spent."""
    Run(
        task=task,
        budget=Budget(arguments.minutes, arguments.steps),
        schedule=RateSchedule(arguments.rate),
        folder=folder,
        clip=clip,
        betas=betas,
        on_snapshot=announce,
    ).train()
