"""The folder for what is slow to make, outside the repository."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """Returns $NEMO_VOICE_DEV_CACHE, or else ~/.cache/nemo-voice, created when missing."""
    named = os.environ.get("NEMO_VOICE_DEV_CACHE")
    folder = Path(named) if named else Path.home() / ".cache" / "nemo-voice"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
