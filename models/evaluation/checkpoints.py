"""The checkpoint files: their names, what they hold, their digests. Called by `report.py`."""

import hashlib
import tarfile
from dataclasses import dataclass
from pathlib import Path

import torch
from omegaconf import OmegaConf

RECOGNISER = "fastconformer-tdt.nemo"
VOICE = "fastpitch.nemo"
VOCODER = "hifigan.nemo"
NAMES = (VOICE, VOCODER, RECOGNISER)


@dataclass(frozen=True)
class Checkpoint:
    """Facts about one checkpoint file."""

    name: str
    model_class: str
    """The NeMo class that restores it."""
    parameters: int
    """Numbers in its state, buffers included."""
    size_bytes: int
    sha256: str


def read_checkpoint(path: Path) -> Checkpoint:
    """Returns the facts about a checkpoint.

    Raises:
        ValueError: a part of it is missing.
    """
    with tarfile.open(path) as archive:
        members = {Path(member.name).name: member for member in archive.getmembers()}
        config = archive.extractfile(members["model_config.yaml"])
        weights = archive.extractfile(members["model_weights.ckpt"])
        if config is None or weights is None:
            raise ValueError(f"{path} holds no configuration or no weights")
        target = str(OmegaConf.create(config.read().decode()).target)
        state = torch.load(weights, map_location="cpu", weights_only=True)
    return Checkpoint(
        name=path.name,
        model_class=target.rpartition(".")[2],
        parameters=sum(tensor.numel() for tensor in state.values()),
        size_bytes=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def read_checkpoints(folder: Path) -> tuple[Checkpoint, ...]:
    """Returns the three checkpoints of a folder."""
    return tuple(read_checkpoint(folder / name) for name in NAMES)
