"""Configurations of strangers: read quickly, or refused; nothing foreign is loaded with a model."""

import time
from typing import Any

import pytest

from nemo_voice_serving.model_kinds.config import MAX_CONFIG_BYTES, read_config
from nemo_voice_serving.model_kinds.errors import MalformedConfig, UnsafeConfig, UnsupportedModel
from nemo_voice_serving.model_kinds.judgement import judged
from nemo_voice_serving.model_kinds.kinds import Role
from support.models.look_alikes import config_of

VOICE, VOCODER = "nvidia/tts_en_fastpitch", "nvidia/tts_hifigan"
RECOGNISER = "nvidia/parakeet-tdt-0.6b-v2"
SERVED = [
    (VOICE, Role.VOICE),
    (VOCODER, Role.VOCODER),
    (RECOGNISER, Role.RECOGNISER),
    ("nvidia/parakeet-ctc-1.1b", Role.RECOGNISER),
    ("nvidia/nemotron-3.5-asr-streaming-0.6b", Role.RECOGNISER),
]
HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"codecmodel_path": "evil/codec"}, "codecmodel_path: 'evil/codec'"),
    ({"codecmodel_path": "/models/other.nemo"}, "another model"),
    ({"semantic_codec_path": "evil/codec"}, "semantic_codec_path"),
    ({"deep": [{"er": {"pretrained_model": "evil/bert"}}]}, "pretrained_model"),
    ({"deep": {"trust_remote_code": True}}, "trust_remote_code"),
    ({"deep": {"trust_remote_code": "true"}}, "trust_remote_code"),
    ({"extra": {"_target_": "os.system", "command": "id"}}, "would run 'os.system'"),
    ({"extra": {"_target_": "torch.hub.load"}}, r"would run 'torch\.hub\.load'"),
    ({"extra": {"_target_": "builtins.eval"}}, "would run"),
    ({"extra": {"_target_": "nemo.x import os"}}, "would run"),
    ({"comment": "${oc.env:HF_TOKEN}"}, "environment"),
]


@pytest.mark.parametrize(("name", "role"), SERVED)
@pytest.mark.parametrize(("changed", "words"), HOSTILE)
def test_hostile_setting_is_refused_by_name(
    name: str, role: Role, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(UnsafeConfig, match=words):
        judged(config_of(name, **changed), role)


@pytest.mark.parametrize("changed", [changed for changed, _ in HOSTILE])
@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("nvidia/magpie_tts_multilingual_357m", Role.VOICE),
        ("nvidia/multitalker-parakeet-streaming-0.6b-v1", Role.RECOGNISER),
    ],
)
def test_hostile_checkpoint_of_a_kind_that_is_not_served_is_refused_for_its_kind(
    name: str, role: Role, changed: dict[str, Any]
) -> None:
    with pytest.raises(UnsupportedModel, match="not served yet"):
        judged(config_of(name, **changed), role)


@pytest.mark.parametrize(("name", "role"), SERVED)
def test_settings_that_load_nothing_are_not_refused(name: str, role: Role) -> None:
    harmless = {
        "codecmodel_path": None,
        "trust_remote_code": False,
        "pretrained_model": "nemo:0123_bert",
        "sched": {"_target_": "torch.optim.lr_scheduler.StepLR"},
    }
    assert judged(config_of(name, **harmless), role).kind.role is role


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"- a list\n",
        b"just text",
        b"a: [1",
        b"target: !!python/object/apply:os.system [id]\n",
        b"\xff\xfe\x00binary",
        b"[" * 100_000,
        b"a: " + b"{b: " * 50_000,
        b"target: 5\n",
        b"target: ''\n",
        b"sample_rate: 22050\n",
        b"x: 1\n" * (MAX_CONFIG_BYTES // 5 + 1),
    ],
)
def test_what_is_no_configuration_is_refused_in_moments(content: bytes) -> None:
    began = time.process_time()
    with pytest.raises(MalformedConfig):
        judged(content, Role.VOICE)
    assert time.process_time() - began < 5


def test_aliases_do_not_multiply() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    content = "\n".join(lines).encode() + b"\n" + config_of(VOICE)
    began = time.process_time()
    assert judged(content, Role.VOICE).speakers == 1
    assert time.process_time() - began < 5


def test_references_are_followed_and_circles_end() -> None:
    config = read_config(b"a: ${b.c}\nb: {c: 3}\nd: ${e}\ne: ${d}\nf: 1e-2\n")
    assert config.whole("a") == 3
    assert config.get("d") is None
    assert config.number("f") == 0.01
    assert config.whole("b") is None


@pytest.mark.parametrize("locale", ["x" * 5000, "../..", "e", "english", 5, "", "ünïcode"])
def test_what_is_no_language_is_none(locale: object) -> None:
    tokenizer = {"_target_": "nemo.collections.common.tokenizers.x.IPATokenizer", "locale": locale}
    voice = judged(config_of(VOICE, text_tokenizer=tokenizer, n_speakers="1e300"), Role.VOICE)
    assert voice.languages == ()
    assert voice.speakers == 1_000_000
    langs: dict[str, Any] = {f"{locale}": {}, "pt-BR": {}, "auto": {}, "spl_tokens": {}}
    tokenizer = {"type": "agg", "langs": langs}
    assert judged(config_of(RECOGNISER, tokenizer=tokenizer), Role.RECOGNISER).languages == (
        "pt-BR",
    )


@pytest.mark.parametrize("value", [True, -1, 0, "many", [1], ".inf", None, 2.5, 10**400])
def test_what_is_no_whole_number_counts_as_absent(value: object) -> None:
    voice = judged(config_of(VOICE, n_speakers=value, n_window_stride=value), Role.VOICE)
    assert (voice.speakers, voice.hop_samples) == (1, None)


def test_vocabulary_of_the_largest_models_takes_no_time() -> None:
    labels = [f"▁piece{number}" for number in range(16_000)]
    content = config_of(RECOGNISER, labels=labels, joint={"vocabulary": list(labels)})
    began = time.process_time()
    judged(content, Role.RECOGNISER)
    assert time.process_time() - began < 5
