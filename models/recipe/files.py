"""Where the recipe keeps what it makes, and how it writes a file so that readers see all of it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def recipe_folder() -> Path:
    """The recipe's folder in the development cache, outside the repository."""
    root = os.environ.get("NEMO_VOICE_DEV_CACHE", str(Path.home() / ".cache" / "nemo-voice"))
    return Path(root) / "recipe"


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yields a path to write to, which replaces the file when the block ends without an error."""
    # The suffix stays: numpy and NeMo add theirs to a name that has another.
    unfinished = path.with_name(f".part-{path.name}")
    yield unfinished
    unfinished.replace(path)
