"""Configurations of strangers: read quickly, or refused; nothing foreign is loaded with a model."""

import time
from typing import Any

import pytest

from nemo_voice_serving.model_kinds.config import MAX_CONFIG_BYTES, read_config
from nemo_voice_serving.model_kinds.errors import MalformedConfig, UnsafeConfig, UnsupportedModel
from nemo_voice_serving.model_kinds.judgement import described, judged
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
    ({"semantic_codec_path": "nemo:../codec.nemo"}, "semantic_codec_path"),
    ({"deep": [{"er": {"pretrained_model": "evil/bert"}}]}, "pretrained_model"),
    ({"deep": {"trust_remote_code": True}}, "trust_remote_code"),
    ({"deep": {"trust_remote_code": "true"}}, "trust_remote_code"),
    ({"extra": {"_target_": "os.system", "command": "id"}}, r"would run 'os\.system'"),
    ({"extra": {"_target_": "torch.hub.load"}}, r"would run 'torch\.hub\.load'"),
    ({"extra": {"_target_": "builtins.eval"}}, "would run"),
    ({"extra": {"_target_": "nemo.x import os"}}, "would run"),
    ({"extra": {"_target_": ["os.system"]}}, "would run"),
    ({"extra": {"_target_": "${other}"}, "other": "os.system"}, "would run"),
    ({"extra": {"cls": "os.system", "params": {}}}, r"would run 'os\.system'"),
    (
        {"extra": {"_target_": "nemo.collections.asr.parts.utils.manifest_utils.write_manifest"}},
        "which is no class of NeMo's",
    ),
    ({"extra": {"_target_": "nemo.collections.asr.models.ASRModel.restore_from"}}, "no class"),
    ({"_target_": "nemo.collections.asr.modules.ConformerEncoder"}, "a second class"),
    ({"cls": "nemo.collections.asr.modules.ConformerEncoder"}, "a second class"),
    ({"comment": "${oc.env:HF_TOKEN}"}, "environment"),
    ({"train_ds": {"key": "${ oc.env:HF_TOKEN, x }"}}, "environment"),
    # A section of the training is as dangerous as any other once something refers to it.
    ({"optim": {"x": {"_target_": "os.system"}}, "extra": "${optim.x}"}, "would run"),
    ({"optim": {"x": {"_target_": "os.system"}}, "extra": "${.optim.x}"}, "would run"),
    ({"optim": {"x": {"_target_": "os.system"}}, "a": "optim.x", "b": "${${a}}"}, "would run"),
    ({"optim": {"x": {"_target_": "os.system"}}, "b": "${oc.select:optim.x}"}, "would run"),
    ({"tokenizer": {"dir": "/etc", "type": "wpe"}}, "outside its archive: dir: '/etc'"),
    ({"tokenizer": {"dir": "/etc", "type": "bpe", "model_path": None}}, "outside its archive"),
    ({"tokenizer": {"type": "bpe", "model_path": "/etc/passwd"}}, "model_path: '/etc/passwd'"),
    ({"tokenizer": {"type": "bpe", "model_path": "nemo:../../etc/passwd"}}, "outside its archive"),
    ({"tokenizer": {"type": "bpe", "model_path": "nemo:/etc/passwd"}}, "outside its archive"),
    ({"tokenizer": {"type": "wpe", "vocab_path": "~/.netrc"}}, "outside its archive"),
    ({"tokenizer": {"langs": {"en": {"dir": "/run/secrets"}}}}, "outside its archive"),
    ({"decoding": {"greedy": {"ngram_lm_model": "/models/lm.nemo"}}}, "ngram_lm_model"),
    ({"decoding": {"greedy": {"boosting_tree": {"key_phrases_file": "/etc/passwd"}}}}, "phrases"),
    ({"extra": {"phoneme_dict": "https://evil.example/dict"}}, "phoneme_dict: 'https://evil"),
    ({"extra": {"phoneme_dict": "../../dict"}}, "phoneme_dict"),
    ({"encoder": {"d_model": 10**9}}, "claims d_model: 1000000000, more than any model has"),
    ({"encoder": {"n_layers": 10**9}}, "claims n_layers"),
    ({"encoder": {"d_model": "${wide}"}, "wide": 10**6}, "claims d_model"),
    ({"encoder": {"d_model": "1e9"}}, "claims d_model: 1e9"),
    ({"joint": {"num_classes": 10**9}}, "claims num_classes"),
    ({"extra": {"anything": 10**9}}, "claims anything"),
    ({"extra": {"anything": [4, 10**400]}}, "claims anything"),
    ({"preprocessor": {"n_fft": 2**27}}, "claims n_fft"),
    ({"generator": {"upsample_rates": [8, 10**6]}}, "claims upsample_rates"),
    ({"n_speakers": 10**9}, "claims n_speakers"),
]


FAMILIES = [
    *SERVED,
    ("nvidia/parakeet-tdt_ctc-110m", Role.RECOGNISER),
    ("nvidia/parakeet-ctc-1.1b", Role.RECOGNISER),
    ("nvidia/nemotron-3.5-asr-streaming-0.6b", Role.RECOGNISER),
    ("nvidia/canary-1b-flash", Role.RECOGNISER),
    ("nvidia/magpie_tts_multilingual_357m", Role.VOICE),
]


@pytest.mark.parametrize(("name", "role"), FAMILIES)
@pytest.mark.parametrize(("changed", "words"), HOSTILE)
def test_hostile_setting_is_refused_by_name_or_its_checkpoint_for_its_kind(
    name: str, role: Role, changed: dict[str, Any], words: str
) -> None:
    content = config_of(name, **changed)
    if described(config_of(name), name).kind.is_served:
        with pytest.raises(UnsafeConfig, match=words):
            judged(content, role)
    else:
        with pytest.raises(UnsupportedModel, match=r"which (is not served|needs)"):
            judged(content, role)


@pytest.mark.parametrize(("name", "role"), SERVED)
def test_settings_that_load_nothing_are_not_refused(name: str, role: Role) -> None:
    harmless = {
        "codecmodel_path": None,
        "trust_remote_code": False,
        "pretrained_model": "nemo:0123_bert",
        "sched": {"_target_": "torch.optim.lr_scheduler.StepLR"},
        "train_ds": {
            "manifest_filepath": "/data/train.json",
            "dataset": {"_target_": "acme.data.OurDataset", "pretrained_model": "acme/bert"},
        },
        "validation_ds": {"dataset": {"_target_": "acme.data.OurDataset"}, "max": 10**12},
        "optim": {"_target_": "acme.optim.Lion", "sched": {"_target_": "acme.Schedule"}},
        "exp_manager": {"exp_dir": "/results"},
        "init_from_nemo_model": "/results/before.nemo",
        "seed": 2**40,
        "max_steps": 10**9,
        "epsilon": 1e12,
        "labels": ["/", "..", "//", "~a"],
        "extra": {
            "g2p": {"word_tokenize_func": "${f}"},
            "vocabulary": ["/a", "nemo:/x"],
            "rate": "${sample_rate}",
            "attention": [-1, -1],
        },
        "f": "nemo.collections.common.tokenizers.text_to_speech.tokenizer_utils.english_text",
        "tokenizer": {"dir": "/corpora/tokens", "type": "bpe", "model_path": "nemo:01_t.model"},
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


@pytest.mark.parametrize("locale", ["x" * 5000, "e", "english", 5, "", "ünïcode"])
def test_what_is_no_language_is_none(locale: object) -> None:
    tokenizer = {"_target_": "nemo.collections.common.tokenizers.x.IPATokenizer", "locale": locale}
    voice = judged(config_of(VOICE, text_tokenizer=tokenizer, n_speakers="1e6"), Role.VOICE)
    assert voice.languages == ()
    assert voice.speakers == 1_000_000
    langs: dict[str, Any] = {f"{locale}": {}, "pt-BR": {}, "auto": {}, "spl_tokens": {}}
    tokenizer = {"type": "agg", "langs": langs}
    assert judged(config_of(RECOGNISER, tokenizer=tokenizer), Role.RECOGNISER).languages == (
        "pt-BR",
    )


@pytest.mark.parametrize("value", [True, -1, 0, "many", [1], ".inf", None, 2.5])
def test_what_is_no_whole_number_counts_as_absent(value: object) -> None:
    voice = judged(config_of(VOICE, n_speakers=value, n_window_stride=value), Role.VOICE)
    assert (voice.speakers, voice.hop_samples) == (1, None)


def test_vocabulary_of_the_largest_models_takes_no_time() -> None:
    labels = [f"▁piece{number}" for number in range(16_000)]
    content = config_of(RECOGNISER, labels=labels, joint={"vocabulary": list(labels)})
    began = time.process_time()
    judged(content, Role.RECOGNISER)
    assert time.process_time() - began < 5
