"""Every published checkpoint, and a hostile one of each family, is fetched or gets its sentence."""

import re
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.model_kinds.judgement import described, why_not
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints
from nemo_voice_serving.model_store.errors import FailureReason, ModelStoreError
from nemo_voice_serving.settings import ServiceSettings
from support.models.look_alikes import PUBLISHED, archive_of, config_of
from support.models.stores import no_code_in

HOSTILE: list[tuple[str, Role, dict[str, Any]]] = [
    (
        "nvidia/parakeet-tdt-0.6b-v3",
        Role.RECOGNISER,
        {"tokenizer": {"dir": "/etc", "type": "wpe"}},
    ),
    ("nvidia/parakeet-tdt-1.1b", Role.RECOGNISER, {"encoder": {"d_model": 10**9}}),
    ("nvidia/parakeet-tdt_ctc-110m", Role.RECOGNISER, {"joint": {"_target_": "os.system"}}),
    (
        "nvidia/parakeet-ctc-1.1b",
        Role.RECOGNISER,
        {"decoder": {"_target_": "subprocess.Popen", "args": ["id"]}},
    ),
    (
        "nvidia/nemotron-3.5-asr-streaming-0.6b",
        Role.RECOGNISER,
        {"tokenizer": {"type": "bpe", "model_path": "nemo:../../../etc/passwd"}},
    ),
    (
        "nvidia/canary-1b-flash",
        Role.RECOGNISER,
        {"prompt_defaults": [{"role": "${oc.env:HF_TOKEN}"}]},
    ),
    (
        "nvidia/tts_en_fastpitch",
        Role.VOICE,
        {"text_tokenizer": {"_target_": "nemo.evil.load", "pretrained_model": "evil/bert"}},
    ),
    ("tts_es_fastpitch_multispeaker", Role.VOICE, {"n_speakers": 10**12}),
    (
        "nvidia/tts_hifigan",
        Role.VOCODER,
        {"generator": {"_target_": "torch.hub.load", "repo": "evil/x"}},
    ),
    (
        "nvidia/magpie_tts_multilingual_357m",
        Role.VOICE,
        {"codecmodel_path": "evil/codec", "semantic_codec_path": "/models/x.nemo"},
    ),
    (
        "nvidia/magpie_tts_multilingual_357m",
        Role.VOICE,
        {"text_tokenizers": {"x": {"_target_": "AutoTokenizer", "trust_remote_code": True}}},
    ),
    ("nvidia/parakeet-tdt-1.1b", Role.RECOGNISER, {"target": "evil.EncDecRNNTBPEModel"}),
    ("nvidia/tts_hifigan", Role.VOCODER, {"target": "nemo.utils.exp_manager.HifiGanModel"}),
]


def fetched(name: str, content: bytes, wants: Role, folder: Path) -> ModelStoreError | None:
    """Returns why a file cannot be fetched; None where it can."""
    file = folder / "model.nemo"
    file.write_bytes(content)
    settings = ServiceSettings(model_cache=folder / "cache")
    checkpoint = Checkpoint("model", file.as_uri(), None, None, "demo.nemo", wants)
    try:
        model = Checkpoints(settings, code_in=no_code_in).resolve(checkpoint)
    except ModelStoreError as error:
        assert not list((folder / "cache").glob("local*")), "nothing of it is stored"
        return error
    assert (model.directory / "model_config.yaml").is_file()
    return None


def assert_sentence(error: ModelStoreError) -> None:
    """Checks that a person learns from the message what the file is and what to do."""
    message = str(error)
    assert re.fullmatch(r"[^\n]{60,700}\.", message)
    assert re.search(r"\b(Name|name|serve) ", message), message
    assert not re.search(r"Traceback|Error\b|None\b", message)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_checkpoint_is_fetched_or_refused_with_what_to_name(
    name: str, tmp_path: Path
) -> None:
    facts = described(config_of(name), name)
    for role in Role:
        folder = tmp_path / role
        folder.mkdir()
        error = fetched(name, archive_of(name), role, folder)
        assert (error is None) is (why_not(facts, role) is None)
        if error is not None:
            assert error.reason is FailureReason.UNSUPPORTED_MODEL
            assert_sentence(error)


@pytest.mark.parametrize(("name", "role", "changed"), HOSTILE)
def test_hostile_checkpoint_is_refused_with_what_it_would_do(
    name: str, role: Role, changed: dict[str, Any], tmp_path: Path
) -> None:
    error = fetched(name, archive_of(name, **changed), role, tmp_path)
    assert error is not None
    assert error.reason in {FailureReason.UNSAFE_CONFIG, FailureReason.UNSUPPORTED_MODEL}
    assert_sentence(error)
    if error.reason is FailureReason.UNSAFE_CONFIG:
        (first, *_) = changed
        culprits = [first, *map(str, _leaves(changed[first]))]
        assert any(culprit in str(error) for culprit in culprits)
    else:
        assert not described(config_of(name), name).kind.is_served


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]
