"""Both OpenAPI documents are true: schemathesis, with all of its checks, finds nothing."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from support.docs.repository import ROOT
from support.http.served import served
from support.http.voice_apps import stt_app, translating_app, tts_app

EXAMPLES = 20


def program() -> str:
    """Returns where the environment's schemathesis is."""
    return str(Path(sys.executable).with_name("schemathesis"))


def examine(address: str, folder: Path, examples: int) -> None:
    """Fails with what schemathesis says of the service there when it finds anything."""
    command = [
        *(program(), "run", f"{address}/openapi.json", "--checks", "all", "--no-color"),
        *("--max-examples", str(examples), "--seed", "1", "--generation-deterministic"),
        *("--header", "Authorization: Bearer sesame", "--request-timeout", "20"),
    ]
    hooks = {
        "SCHEMATHESIS_HOOKS": "support.http.schemathesis_hooks",
        "PYTHONPATH": str(ROOT / "tests"),
    }
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **hooks},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Test cases:" in ran.stdout, ran.stdout + ran.stderr
    if ran.returncode != 0:
        pytest.fail(ran.stdout, pytrace=False)


def check(build: Callable[..., FastAPI], folder: Path, examples: int) -> None:
    """Examines a service that asks for keys."""
    keys = folder / "keys"
    keys.write_text("sesame")
    with served(build(api_keys_file=keys)) as address:
        examine(address, folder, examples)


@pytest.mark.parametrize("build", [tts_app, stt_app, translating_app])
def test_schemathesis_finds_nothing(build: Callable[..., FastAPI], tmp_path: Path) -> None:
    check(build, tmp_path, EXAMPLES)


@pytest.mark.long
@pytest.mark.parametrize("build", [tts_app, stt_app])
def test_schemathesis_finds_nothing_however_long(
    build: Callable[..., FastAPI], tmp_path: Path
) -> None:
    check(build, tmp_path, 10 * EXAMPLES)
