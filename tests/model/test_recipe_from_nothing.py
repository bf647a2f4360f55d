"""The recipe of the demo models from nothing to three files, each stage ended after a few steps.

What comes out understands nothing; that every stage finds what the one before it left, and that
NeMo restores the files, is what counts.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recipe.__main__ import STAGES, Step
from support.docs.repository import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]

SHORTENED = {
    "tts.data": ("--utterances", "80"),
    "tts.fastpitch": ("--steps", "2"),
    "tts.vocoder": ("--steps", "2", "--predicted", "8"),
    "asr.data": ("--shards", "1"),
    "asr.train": ("--steps", "2", "--processes", "1"),
    "asr.demo_voice": ("--shards", "1"),
}


def run(step: Step, cache: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Runs one step of the recipe with a cache of its own."""
    environment = {
        **os.environ,
        "NEMO_VOICE_DEV_CACHE": str(cache),
        "PYTHONPATH": str(ROOT / "models"),
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-m", f"recipe.{step.module}", *step.arguments, *more]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_every_stage_begins_where_the_one_before_it_ended(tmp_path: Path) -> None:
    delivered = tmp_path / "delivered"
    delivered.mkdir()
    for step in STAGES["all"]:
        if step.module == "tts.deliver":
            refused = run(step, tmp_path, "--to", str(delivered))
            assert "not delivered: " in refused.stdout, "a voice of two steps is not fit"
            assert not list(delivered.iterdir())
            continue
        where = ("--target", str(delivered / "asr.nemo")) if step.module == "asr.deliver" else ()
        done = run(step, tmp_path, *SHORTENED.get(step.module, ()), *where)
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
    snapshots = tmp_path / "recipe" / "snapshots"
    for name, found in {
        "FastPitchModel": _only(snapshots.glob("fastpitch*.nemo")),
        "HifiGanModel": _only(snapshots.glob("hifigan*.nemo")),
        "EncDecRNNTBPEModel": delivered / "asr.nemo",
    }.items():
        assert type(_restored(found)).__name__ == name
        assert found.stat().st_size < 10_000_000


def _only(files: Any) -> Path:
    (file,) = sorted(files)[-1:]
    return Path(file)


def _restored(file: Path) -> Any:
    from nemo.core import ModelPT  # noqa: PLC0415 takes seconds

    return ModelPT.restore_from(str(file), map_location="cpu")
