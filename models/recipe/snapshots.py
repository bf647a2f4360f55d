"""The list of usable models that a training writes while it runs."""

import time
from pathlib import Path


def announce(path: Path) -> None:
    """Adds a snapshot to the list beside it, with its time."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with (path.parent / "README").open("a", encoding="utf-8") as file:
        file.write(f"{moment} {path}\n")


def latest(folder: Path, name: str) -> Path:
    """Returns the newest snapshot of a model.

    Raises:
        FileNotFoundError: the model was not trained yet.
    """
    found = sorted(folder.glob(f"{name}-*.nemo"), key=lambda path: int(path.stem.split("-")[-1]))
    if not found:
        raise FileNotFoundError(f"no snapshot of {name} in {folder}: train it first")
    return found[-1]
