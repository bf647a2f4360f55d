"""The environment of the peers, made from `requirements/peers.txt` when it is not there yet.

    python -m benchmarks.peers.environment      makes it and prints where it is

It has the same NeMo and torch as the services' own, which uv links from its cache where that is on
the same disk: then it takes a minute and little room. The folder's name is made of the pins.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.inputs import ROOT, cache_folder

PINS = ROOT / "requirements" / "peers.txt"
NAMES = {"litserve": "LitServe", "ray": "Ray", "bentoml": "BentoML", "flask": "Flask"}
_PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
_IMPORTED = "nemo.collections.asr.models, nemo.collections.tts.models, litserve, ray.serve, bentoml"


def environment_folder(pins: Path = PINS) -> Path:
    """Returns where the environment with these pins lies, or will."""
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    return cache_folder() / f"peers-{digest[:12]}"


def versions(pins: Path = PINS) -> str:
    """Returns the servers in the environment with their versions."""
    found = dict(_PIN.findall(pins.read_text(encoding="utf-8")))
    return ", ".join(f"{name} {found[package]}" for package, name in NAMES.items())


def make_environment(pins: Path = PINS) -> Path:
    """Returns the environment's Python, made when it is not there yet."""
    folder = environment_folder(pins)
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if ready.is_file():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    uv = Path(sys.executable).with_name("uv")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }

    def step(*command: str | Path) -> None:
        subprocess.run([str(part) for part in command], check=True, env=environment, cwd=ROOT)

    step(uv, "venv", "--quiet", "--python", sys.executable, folder)
    step(
        *(uv, "pip", "install", "--quiet", "--python", python),
        *("--no-deps", "--require-hashes", "-r", pins),
    )
    # Compiles the modules, which takes longer than starting a server may.
    step(python, "-c", f"import {_IMPORTED}")
    ready.touch()
    return python


if __name__ == "__main__":
    sys.stdout.write(f"{make_environment()}\n")
