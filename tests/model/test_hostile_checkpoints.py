"""Checkpoints of strangers that pass the judgement, at NeMo: nothing foreign is run or read."""

import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nemo.collections.asr.models import EncDecRNNTBPEModel
from nemo.collections.tts.models import FastPitchModel, HifiGanModel
from omegaconf import DictConfig, OmegaConf

from nemo_voice_serving.model_kinds.judgement import judged
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.nemo.loading import UnusableModel, read_config, restore
from support.models.demo_models import without_normaliser

DemoDirectory = Callable[[str], Path]

FAMILIES = [
    pytest.param(EncDecRNNTBPEModel, "fastconformer-tdt", Role.RECOGNISER, id="recogniser"),
    pytest.param(FastPitchModel, "fastpitch", Role.VOICE, id="voice"),
    pytest.param(HifiGanModel, "hifigan", Role.VOCODER, id="vocoder"),
]
FOREIGN = "foreign_module_of_a_checkpoint"


def changed(source: Path, folder: Path, **settings: Any) -> Path:
    """Returns a copy of an unpacked checkpoint with these settings, by their dotted names."""
    copy = folder / "changed"
    shutil.copytree(source, copy)
    config = read_config(copy)
    OmegaConf.set_struct(config, value=False)
    for name, value in settings.items():
        OmegaConf.update(config, name.replace("__", "."), value, force_add=True)
    OmegaConf.save(config, copy / "model_config.yaml")
    return copy


@pytest.mark.parametrize(("model_class", "name", "role"), FAMILIES)
def test_a_class_in_a_section_of_the_training_is_accepted_and_never_imported(
    model_class: Any,
    name: str,
    role: Role,
    demo_directory: DemoDirectory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = tmp_path / "ran"
    (tmp_path / f"{FOREIGN}.py").write_text(f"open({str(ran)!r}, 'w')\nclass Thing: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    thing = {"_target_": f"{FOREIGN}.Thing"}
    directory = changed(
        demo_directory(name),
        tmp_path,
        train_ds__defer_setup=False,
        train_ds__sampler=thing,
        validation_ds={"dataset": thing, "defer_setup": False},
        test_ds={"dataset": thing},
        optim=thing | {"lr": 0.1, "sched": thing},
        trainer=thing,
        exp_manager=thing,
        log_config={"dataset": thing, "generators": [thing]},
    )
    facts = judged((directory / "model_config.yaml").read_bytes(), role)
    assert facts.kind.role is role
    restore(model_class, directory, change_config=without_normaliser)
    assert FOREIGN not in sys.modules
    assert not ran.exists()


def test_a_file_of_this_machine_is_never_taken_for_one_of_the_archive(
    demo_directory: DemoDirectory, tmp_path: Path
) -> None:
    source = demo_directory("fastconformer-tdt")
    packed = str(read_config(source).tokenizer.model_path).removeprefix("nemo:")
    outside = tmp_path / packed
    outside.write_bytes(b"not a tokenizer")
    directory = changed(source, tmp_path, tokenizer__model_path=str(outside))
    # Older checkpoints name their files as they were before they were packed.
    assert restore(EncDecRNNTBPEModel, directory).tokenizer.vocab_size > 50
    (directory / packed).unlink()
    with pytest.raises(UnusableModel, match=rf"holds no .*{packed[-12:]}, which tokenizer\.model"):
        restore(EncDecRNNTBPEModel, directory)


@pytest.mark.parametrize("path", ["nemo:../{}", "nemo:/{}", "../{}"])
def test_a_name_that_leads_out_of_the_archive_finds_nothing(
    path: str, demo_directory: DemoDirectory, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("a\nb\n")
    directory = changed(
        demo_directory("fastconformer-tdt"), tmp_path, tokenizer__model_path=path.format("secret")
    )
    with pytest.raises(UnusableModel, match="holds no secret"):
        restore(EncDecRNNTBPEModel, directory)


def wide(config: DictConfig) -> None:
    config.encoder.d_model = 32_768


def deep(config: DictConfig) -> None:
    config.encoder.n_layers = 900


def predictive(config: DictConfig) -> None:
    config.decoder.prednet.pred_hidden = 32_768


def channels(config: DictConfig) -> None:
    config.generator.upsample_initial_channel = 32_768


def populous(config: DictConfig) -> None:
    without_normaliser(config)
    config.n_speakers = 1_000_000
    config.symbols_embedding_dim = 32_000


@pytest.mark.parametrize(
    ("model_class", "name", "change"),
    [
        (EncDecRNNTBPEModel, "fastconformer-tdt", wide),
        (EncDecRNNTBPEModel, "fastconformer-tdt", deep),
        (EncDecRNNTBPEModel, "fastconformer-tdt", predictive),
        (HifiGanModel, "hifigan", channels),
        (FastPitchModel, "fastpitch", populous),
    ],
)
def test_a_model_that_is_larger_than_its_weights_is_refused_before_it_fills_the_memory(
    model_class: Any, name: str, change: Callable[[DictConfig], None], demo_directory: DemoDirectory
) -> None:
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.process_time()
    with pytest.raises(UnusableModel, match=r"far larger model|size mismatch"):
        restore(model_class, demo_directory(name), change_config=change)
    assert time.process_time() - began < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb < 1500
