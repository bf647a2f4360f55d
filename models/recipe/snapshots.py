"""The list of usable models a training run leaves behind while it goes on."""

import time
from pathlib import Path


def announce(path: Path) -> None:
    """Adds a snapshot to the list beside it, with its time."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with (path.parent / "README").open("a", encoding="utf-8") as file:
        file.write(f"{moment} {path}\n")


def latest(folder: Path, name: str) -> Path:
    """The newest snapshot of a model.

    Raises:
        FileNotFoundError: the model was not trained yet.
    """
    found = sorted(folder.glob(f"{name}-*.nemo"), key=lambda path: int(path.stem.split("-")[-1]))
    if not found:
        raise FileNotFoundError(f"no snapshot of {name} in {folder}: train it first")
    return found[-1]
