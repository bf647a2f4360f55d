"""The fast way of loading gives what NeMo's own gives, and refuses what could run code."""

import logging
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from nemo.collections.asr.models import EncDecRNNTBPEModel
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from omegaconf import DictConfig
from typing_extensions import override

from nemo_voice_serving.nemo.loading import UnusableModel, read_config, restore, state_digest
from support.models.demo_models import plainly_restored, without_normaliser

CHECKPOINTS = [
    pytest.param(EncDecRNNTBPEModel, "fastconformer-tdt", id="fastconformer-tdt"),
    pytest.param(FastPitchModel, "fastpitch", id="fastpitch"),
    pytest.param(HifiGanModel, "hifigan", id="hifigan"),
]


def state_of(model: Any) -> dict[str, torch.Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


@pytest.mark.parametrize(("model_class", "name"), CHECKPOINTS)
def test_every_parameter_and_buffer_equals_the_plain_load(
    model_class: Any, name: str, demo_directory: Callable[[str], Path]
) -> None:
    fast = restore(model_class, demo_directory(name), change_config=without_normaliser)
    plain = plainly_restored(model_class, name)
    ours, theirs = state_of(fast), state_of(plain)
    assert ours.keys() == theirs.keys()
    assert len(ours) > 50
    different = [key for key in ours if not torch.equal(ours[key], theirs[key])]
    formats = [key for key in ours if ours[key].dtype != theirs[key].dtype]
    assert different == []
    assert formats == []
    assert state_digest(fast) == state_digest(plain)


@pytest.fixture(scope="module")
def model(demo_directory: Callable[[str], Path]) -> Any:
    """The recogniser, loaded the fast way, for tests that change nothing in it."""
    return restore(EncDecRNNTBPEModel, demo_directory("fastconformer-tdt"))


def test_a_loaded_model_is_frozen_and_evaluates(model: Any) -> None:
    assert not any(module.training for module in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_weights_stored_as_halves_are_computed_as_floats(
    model: Any, demo_directory: Callable[[str], Path]
) -> None:
    path = demo_directory("fastconformer-tdt") / "model_weights.ckpt"
    stored = torch.load(path, weights_only=True)
    assert any(value.dtype == torch.float16 for value in stored.values())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_one_changed_weight_changes_the_digest(demo_directory: Callable[[str], Path]) -> None:
    changed = restore(EncDecRNNTBPEModel, demo_directory("fastconformer-tdt"))
    before = state_digest(changed)
    next(changed.parameters()).flatten()[0] += 1
    assert state_digest(changed) != before


def test_loading_leaves_the_working_directory_and_the_random_state(
    demo_directory: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = demo_directory("fastconformer-tdt")
    monkeypatch.chdir(directory.parent)
    restore(EncDecRNNTBPEModel, Path(directory.name))
    assert Path.cwd() == directory.parent
    weight = torch.nn.Linear(64, 64).weight
    assert weight.std() > 0.01, "random initialisation is off only while a model loads"


def test_nemo_keeps_no_log_of_its_own(model: Any) -> None:
    assert logging.getLogger("nemo_logger").handlers == []
    assert logging.getLogger("nemo_logger").propagate


def test_the_configuration_can_be_changed_before_the_model_is_built(
    demo_directory: Callable[[str], Path],
) -> None:
    def shorter(config: DictConfig) -> None:
        config.encoder.pos_emb_max_len = 128

    changed = restore(
        EncDecRNNTBPEModel, demo_directory("fastconformer-tdt"), change_config=shorter
    )
    assert changed.cfg.encoder.pos_emb_max_len == 128


def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"holds no model_config\.yaml"):
        read_config(tmp_path)
    (tmp_path / "model_config.yaml").write_text("sample_rate: 16000\n")
    with pytest.raises(UnusableModel, match="which NeMo class"):
        read_config(tmp_path)
    (tmp_path / "model_config.yaml").write_text("target: some.Model\n")
    with pytest.raises(UnusableModel, match=r"holds no model_weights\.ckpt"):
        restore(EncDecRNNTBPEModel, tmp_path)


def test_unsafe_loading_cannot_be_switched_on(
    demo_directory: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(UnusableModel, match="could run code"):
        restore(EncDecRNNTBPEModel, demo_directory("fastconformer-tdt"))


class RunsCode:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    @override
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.witness),)


def test_a_checkpoint_that_carries_code_does_not_run_it(
    demo_directory: Callable[[str], Path], tmp_path: Path
) -> None:
    directory, witness = tmp_path / "model", tmp_path / "witness"
    shutil.copytree(demo_directory("fastconformer-tdt"), directory)
    torch.save({"weight": RunsCode(witness)}, directory / "model_weights.ckpt")
    with pytest.raises(pickle.UnpicklingError):
        restore(EncDecRNNTBPEModel, directory)
    assert not witness.exists()
