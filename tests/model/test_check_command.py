"""`check` with the demo models: both services load what they would serve, and say so."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nemo_voice_stt.__main__ import main as stt
from nemo_voice_tts.__main__ import main as tts
from support.docs.repository import ROOT


@pytest.mark.parametrize(
    ("main", "roles"),
    [pytest.param(tts, ["model", "vocoder"], id="tts"), pytest.param(stt, ["model"], id="stt")],
)
def test_the_demo_models_are_loaded_without_the_device_that_serves(
    main: Callable[[list[str]], int], roles: list[str], tmp_path: Path
) -> None:
    result = tmp_path / "result.json"
    places = ["--model-cache", str(tmp_path / "cache"), "--demo-models", str(ROOT / "models/demo")]
    assert main(["check", *places, "--device", "cuda", "--result", str(result)]) == 0
    told = json.loads(result.read_text())
    assert [checkpoint["role"] for checkpoint in told["checkpoints"]] == roles
