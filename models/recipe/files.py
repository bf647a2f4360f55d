"""The folder of the recipe's files, and a way to write a file that readers see whole only."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def recipe_folder() -> Path:
    """Returns the recipe's folder in the development cache, outside the repository."""
    root = os.environ.get("NEMO_VOICE_DEV_CACHE", str(Path.home() / ".cache" / "nemo-voice"))
    return Path(root) / "recipe"


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yields a path to write to, which replaces the file when the block ends without an error."""
    # The suffix stays: numpy and NeMo add theirs to a name that has another.
    unfinished = path.with_name(f".part-{path.name}")
    yield unfinished
    unfinished.replace(path)
