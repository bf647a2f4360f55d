"""Trains the recogniser: `python -m recipe.asr.train --stage begin`, then `lattice`, then `voice`.

A stage goes on where it stopped. It starts from the stage before it, or from a `.nemo` file
(`--init`).
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from recipe.asr import ranks
from recipe.asr.batches import Batches, normalised
from recipe.asr.model import grown_base, new_base, write_tokenizer
from recipe.asr.reporting import Reporter
from recipe.asr.shards import cache_folder, read_shard, shard_names
from recipe.asr.stages import STAGES, Stage
from recipe.asr.training_state import Training


def train(training: Training, stage: Stage, batches: Batches, rank: int = 0) -> None:
    """Runs a stage to its end.

    The first of several processes says how far it is, and keeps its state every few minutes; the
    others wait for it at their next step.
    """
    training.model.train()
    reporter = Reporter(training, stage, batches) if rank == 0 else None
    while training.step < stage.steps:
        seed = training.epoch * ranks.count() + rank
        for batch in batches.epoch(seed, joining=stage.joining):
            if training.step >= stage.steps:
                break
            found = training.update(batch, stage)
            if reporter:
                reporter.write(found)
        training.epoch += 1
    if reporter:
        reporter.keep()


def prepared_base(folder: Path, shards: Path, init: Path | None, layers: int) -> Path:
    """Returns the `.nemo` file whose shape is trained: grown from `init`, or new."""
    base = folder / "base.nemo"
    if base.exists():
        return base
    folder.mkdir(parents=True, exist_ok=True)
    shard = read_shard(shards, shard_names(shards, "espeak")[0])
    if init is None:
        write_tokenizer(folder / "tokenizer", shard.texts)
        new_base(base, folder / "tokenizer", layers)
    else:
        frames = torch.from_numpy(shard.frames[:24000]).float().reshape(40, 600, -1)
        features = normalised(frames, torch.full((40,), 600)).transpose(1, 2)
        grown_base(base, init, features, layers)
    return base


def train_stage(rank: int, name: str, stage: Stage, folder: Path, base: Path) -> None:
    """Runs one process of a stage, from where it stopped or from the stage before it."""
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
