"""Puts the trained recogniser among the demo models: `python -m recipe.ear_deliver`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from recipe.ear_model import package
from recipe.ear_shards import cache_folder

DELIVERED = Path(__file__).parents[1] / "demo" / "fastconformer-tdt.nemo"


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the `.nemo` file from what a stage of training kept; see `--help`."""
    parser = argparse.ArgumentParser(prog="recipe.ear_deliver", description=__doc__)
    parser.add_argument("--stage", default="voice")
    parser.add_argument("--folder", type=Path, default=cache_folder())
    parser.add_argument("--target", type=Path, default=DELIVERED)
    arguments = parser.parse_args(argv)
    state = torch.load(arguments.folder / f"{arguments.stage}.pt", map_location="cpu")
    package(arguments.folder / "base.nemo", state["model"], arguments.target)
    size = arguments.target.stat().st_size / 1e6
    sys.stdout.write(
        f"{arguments.target}: {size:.1f} MB, stage {arguments.stage}, step {state['step']}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
