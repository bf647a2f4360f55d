"""Model stores for tests: without waits between tries, and in other processes."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nemo_voice_serving.model_store.store import ModelStore, StoredModel, parse_reference

_PROGRAM = """
import sys
from pathlib import Path
from nemo_voice_serving.model_store.store import ModelStore, parse_reference
ModelStore(Path(sys.argv[1]), lambda _: None).resolve(parse_reference(sys.argv[2]))
"""


def no_code_in(_weights: Path) -> None:
    """Finds no code in any weights, and needs no torch for it."""


def store_of(root: Path, endpoint: str, **options: Any) -> ModelStore:
    """Returns a store below the root that uses this hub and does not wait between tries."""
    options = {"sleep": lambda _: None, "code_in": no_code_in} | options
    return ModelStore(root, endpoint=endpoint, **options)


def fetch(root: Path, endpoint: str, source: str, **options: Any) -> StoredModel:
    """Returns the model, fetched with a new store."""
    return store_of(root, endpoint, **options).resolve(parse_reference(source))


@contextlib.contextmanager
def fetching_process(root: Path, endpoint: str, source: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yields a process that fetches the model from the hub of its environment."""
    environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", _PROGRAM, str(root), source]
    with subprocess.Popen(command, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def disk_of(folder: Path, size: str) -> Iterator[bool]:
    """Mounts a filesystem of this size on the folder; yields whether that was possible."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    is_mounted = bool(
        shutil.which("mount")
        and not subprocess.run(mount, check=False, capture_output=True).returncode
    )
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
