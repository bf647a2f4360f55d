"""The `check` command: the files it reads, the settings it loads with, and its failures."""

import argparse
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.cli.check import check_command, refuse_damage
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints
from nemo_voice_serving.model_store.errors import FailureReason, ModelArchiveRefused
from nemo_voice_serving.settings import ServiceSettings
from support.models.checkpoints import weights
from support.models.look_alikes import archive_of
from support.models.stores import no_code_in

CHECKPOINT = Checkpoint("model", "demo", None, None, "demo.nemo", Role.VOICE)


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    """Settings of a service with a GPU, whose model is in the cache."""
    (tmp_path / "demo.nemo").write_bytes(archive_of("nvidia/tts_en_fastpitch"))
    settings = ServiceSettings(
        model_cache=tmp_path / "cache",
        demo_models=tmp_path,
        device="cuda",
        precision="float16",
    )
    Checkpoints(settings, code_in=no_code_in).resolve(CHECKPOINT)
    return settings


def check(settings: ServiceSettings, load: Callable[[ServiceSettings], object]) -> Any:
    """Returns the result that the command writes."""
    result = settings.model_cache / "result.json"
    parsed = argparse.Namespace(result=result)
    with contextlib.suppress(SystemExit, RuntimeError):
        assert check_command(parsed, settings, (CHECKPOINT,), load) == 0
    return json.loads(result.read_bytes())


def weights_of(settings: ServiceSettings) -> Path:
    (found,) = settings.model_cache.rglob("*.ckpt")
    return found


def test_check_loads_on_the_cpu_and_offline_whatever_the_settings(
    settings: ServiceSettings,
) -> None:
    loaded: list[ServiceSettings] = []
    result = check(settings, loaded.append)
    assert [one["role"] for one in result["checkpoints"]] == ["model"]
    (here,) = loaded
    assert (here.device, here.precision, here.offline) == ("cpu", "auto", True)
    assert here.model_cache == settings.model_cache


def test_the_error_of_a_failed_load_is_the_result(settings: ServiceSettings) -> None:
    def broken(_settings: ServiceSettings) -> None:
        raise RuntimeError("size mismatch for encoder.weight")

    error = check(settings, broken)["error"]
    assert error["reason"] == "UnexpectedError"
    assert "size mismatch for encoder.weight" in error["message"]


def test_a_wrong_byte_in_the_weights_is_found_before_they_are_loaded(
    settings: ServiceSettings,
) -> None:
    file = weights_of(settings)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    loaded: list[ServiceSettings] = []
    error = check(settings, loaded.append)["error"]
    assert error["reason"] == "CacheDamaged"
    assert file.name in error["message"]
    assert loaded == []


def test_truncated_weights_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "model_weights.ckpt").write_bytes(weights()[:500])
    with pytest.raises(ModelArchiveRefused, match=r"model_weights\.ckpt in .* is damaged") as found:
        refuse_damage(tmp_path)
    assert found.value.reason is FailureReason.CACHE_DAMAGED


def test_intact_weights_pass(tmp_path: Path) -> None:
    (tmp_path / "model_weights.ckpt").write_bytes(weights())
    refuse_damage(tmp_path)
