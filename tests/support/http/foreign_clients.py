"""Clients that are not part of the environment, but in their own: Node's, LiteLLM, Riva's.

Made once in the cache from the pins beside the tests. LiteLLM wants older versions of what NeMo
needs newer.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hack.caching import cache_directory
from support.docs.repository import ROOT
from support.not_run import not_run

_PINS = ROOT / "tests" / "contract"
_NAMED_PINS = {"litellm": _PINS / "litellm", "riva": _PINS / "riva"}
"""The pins of live clients that other tests have, too."""
_PATIENCE_S = 600


def node_client() -> list[str]:
    """Returns the command that calls both services by OpenAI's package, or skips the test."""
    node, folder = _node_folder("node")
    shutil.copy(_PINS / "node" / "client.mjs", folder)
    return [node, str(folder / "client.mjs")]


def node_realtime_client(pins: str) -> list[str]:
    """Returns the command that opens live sessions by OpenAI's package, or skips the test.

    Args:
        pins: The folder beside the program that names the version.
    """
    node, folder = _node_folder(f"node/{pins}")
    shutil.copy(_PINS / "node" / "realtime.mjs", folder)
    return [node, str(folder / "realtime.mjs")]


def _node_folder(pins: str) -> tuple[str, Path]:
    """Returns Node, the packages' own where they bring one, and where they are installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        not_run("OpenAI's client for JavaScript was not run: node and npm are not installed")
    files = [_PINS / pins / "package.json", _PINS / pins / "package-lock.json"]

    def install(folder: Path) -> list[list[str]]:
        for file in files:
            shutil.copy(file, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=peer"]
        return [[*command, "--prefix", str(folder)]]

    folder = _made(pins.replace("/", "-"), files, install)
    brought = next(folder.glob("node_modules/node-*/bin/node"), None)
    return node if brought is None else str(brought), folder


def litellm_client() -> list[str]:
    """Returns the command that calls both services by LiteLLM, or skips the test."""
    return _python_client("litellm")


def riva_calls(tts: str, stt: str, clip: Path) -> dict[str, Any]:
    """Returns what NVIDIA's client got of both services, or skips the test.

    Args:
        tts: The host and port of the one's gRPC, which may ask for the key `sesame`.
        stt: Those of the other.
        clip: A WAV file to be transcribed.
    """
    return _got([*_python_client("riva"), tts, stt, str(clip)])


def pieces_calls(open_server: str, server: str) -> dict[str, Any]:
    """Returns what clients of text in pieces got of the service, or skips the test.

    Args:
        open_server: The host and port of a service that asks for no key.
        server: Those of one that asks for the key `sesame`.
    """
    return _got([*_python_client("pieces"), open_server, server])


def _got(command: list[str]) -> dict[str, Any]:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    assert ran.returncode == 0, ran.stderr[-4000:]
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def agent_python(client: str) -> Path:
    """Returns the Python of the environment of a live client in `tests/agents`, or skips."""
    named = _NAMED_PINS.get(client, ROOT / "tests" / "agents" / client)
    newer = named / ".python-version"
    python = sys.executable
    if newer.exists():
        python = newer_python(int(newer.read_text().partition(".")[2]))
    return python_of(named / "requirements.txt", python)


def python_of(pins: Path, python: str = sys.executable) -> Path:
    """Returns the Python of an environment with the pinned packages, or skips the test.

    Args:
        pins: A file of pins with hashes, in a folder that is named for the client.
        python: The interpreter that the environment is made with.
    """

    def install(folder: Path) -> list[list[str]]:
        uv = str(Path(sys.executable).with_name("uv"))
        pinned = ["--python", str(folder), "--require-hashes", "-r", str(pins)]
        return [
            [uv, "venv", "--quiet", "--clear", "--python", python, str(folder)],
            # Compiled once: importing it anew takes a minute on a busy machine.
            [uv, "pip", "install", "--quiet", "--compile-bytecode", *pinned],
        ]

    return _made(pins.parent.name, [pins], install) / "bin" / "python"


def newer_python(minor: int) -> str:
    """Returns a Python 3 of at least this minor version, or skips the test."""
    names = [f"python3.{number}" for number in range(minor, minor + 5)]
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [path for name in names if (path := shutil.which(name))]
    found += [str(path) for name in names for path in sorted(kept.glob(f"*/bin/{name}"))]
    works = next((path for path in found if _runs(path)), None)
    if works is None:
        not_run(f"Python 3.{minor} or later is not installed")
    return works


def _runs(python: str) -> bool:
    """Whether it does: pyenv puts programs on PATH that fail unless their version is chosen."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def _python_client(name: str) -> list[str]:
    python = python_of(_PINS / name / "requirements.txt")
    return [str(python), str(_PINS / name / "client.py")]


def _made(name: str, pins: list[Path], install: Callable[[Path], list[list[str]]]) -> Path:
    digest = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    clients = cache_directory() / "clients"
    clients.mkdir(exist_ok=True)
    folder = clients / f"{name}-{digest}"
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of the tests may be at it
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _install(name, install(folder))
            (folder / "complete").touch()
    return folder


def _install(name: str, commands: list[list[str]]) -> None:
    for command in commands:
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
        if ran.returncode != 0:
            not_run(f"{name} cannot be installed: {ran.stderr[-2000:]}")
