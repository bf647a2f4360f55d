"""Puts the trained recogniser among the demo models: `python -m recipe.asr.deliver`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from recipe.asr.model import package
from recipe.asr.shards import cache_folder

DELIVERED = Path(__file__).parents[2] / "demo" / "fastconformer-tdt.nemo"


def mean(states: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Returns the weights halfway between models that were trained one from the other.

    Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization".
    Counts, which have no mean, are the first one's.
    """
    return {
        name: torch.stack([state[name] for state in states]).mean(0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in states[0].items()
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the `.nemo` file from what a stage of training kept; see `--help`."""
    parser = argparse.ArgumentParser(prog="recipe.asr.deliver", description=__doc__)
    parser.add_argument("--stage", default="voice")
    parser.add_argument("--folder", type=Path, default=cache_folder())
    parser.add_argument("--target", type=Path, default=DELIVERED)
    parser.add_argument(
        "--average",
        type=Path,
        nargs="*",
        default=[],
        help="states kept earlier on the same way, whose weights the mean is taken with",
    )
    arguments = parser.parse_args(argv)
    state = torch.load(arguments.folder / f"{arguments.stage}.pt", map_location="cpu")
    earlier = [torch.load(path, map_location="cpu")["model"] for path in arguments.average]
    package(arguments.folder / "base.nemo", mean([state["model"], *earlier]), arguments.target)
    size = arguments.target.stat().st_size / 1e6
    sys.stdout.write(
        f"{arguments.target}: {size:.1f} MB, stage {arguments.stage}, step {state['step']}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
