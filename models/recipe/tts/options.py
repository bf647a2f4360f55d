"""The options that both trainings of the voice have."""

import argparse
from pathlib import Path


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
