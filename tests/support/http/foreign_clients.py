"""Clients that are not part of the environment, but in their own: Node's, LiteLLM, Riva's, others.

Made once in the cache from the pins beside the tests. LiteLLM wants older versions of what NeMo
needs newer.
"""

import hashlib
import json
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
_PATIENCE_S = 600


def node_client() -> list[str]:
    """Returns the command that calls both services by OpenAI's package, or skips the test."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        not_run("OpenAI's client for JavaScript was not run: node and npm are not installed")
    source = _PINS / "node"
    pins = [source / "package.json", source / "package-lock.json"]

    def install(folder: Path) -> list[list[str]]:
        for pin in pins:
            shutil.copy(pin, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=peer"]
        return [[*command, "--prefix", str(folder)]]

    folder = _made("node", pins, install)
    shutil.copy(source / "client.mjs", folder)
    return [node, str(folder / "client.mjs")]


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


def _python_client(name: str) -> list[str]:
    source = _PINS / name
    pins = source / "requirements.txt"

    def install(folder: Path) -> list[list[str]]:
        uv = str(Path(sys.executable).with_name("uv"))
        pinned = ["--python", str(folder), "--require-hashes", "-r", str(pins)]
        return [
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            # Compiled once: importing it anew takes a minute on a busy machine.
            [uv, "pip", "install", "--quiet", "--compile-bytecode", *pinned],
        ]

    folder = _made(name, [pins], install)
    return [str(folder / "bin" / "python"), str(source / "client.py")]


def _made(name: str, pins: list[Path], install: Callable[[Path], list[list[str]]]) -> Path:
    digest = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    folder = cache_directory() / "clients" / f"{name}-{digest}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for command in install(folder):
            ran = subprocess.run(
                command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
            )
            if ran.returncode != 0:
                not_run(f"{name} cannot be installed: {ran.stderr[-2000:]}")
        (folder / "complete").touch()
    return folder
