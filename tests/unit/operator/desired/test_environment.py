"""The environment: which model from where, and which of two variables of a name wins."""

import json
from typing import Any

import pytest

from nemo_voice_operator.desired.environment import (
    container_source,
    fetch_environment,
    serving_environment,
)
from nemo_voice_operator.state.plan import Plan, VerifiedCheckpoint, VerifiedModel
from support.operator.voice_services import voice_service

COMMIT, DIGEST, OTHER = "c" * 40, "d" * 64, "e" * 64
HUB, VOCODER = "nvidia/tts_en_fastpitch", "nvidia/tts_hifigan"


def verified(source: str, revision: str = COMMIT, digest: str = DIGEST) -> VerifiedCheckpoint:
    return VerifiedCheckpoint(source, revision, digest, 1, "folder")


def served(preflight: VerifiedModel | None = None, /, **spec: Any) -> dict[str, Any]:
    """The environment of the serving container, by name."""
    return by_name(serving_environment(voice_service(**spec), Plan(replicas=1, model=preflight)))


def fetched(**spec: Any) -> dict[str, Any]:
    """The environment of the download, by name."""
    return by_name(fetch_environment(voice_service(**spec)))


def by_name(variables: Any) -> dict[str, Any]:
    names = [one["name"] for one in variables]
    assert len(names) == len(set(names))
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in variables}


def test_demo_pod_has_only_the_model_variable() -> None:
    assert served(gpu={"count": 0}) == {
        "NEMO_VOICE_MODEL": "demo",
        "NEMO_VOICE_MODEL_CACHE": "/var/cache/nemo-voice",
        "NEMO_VOICE_OFFLINE": "true",
        "NEMO_VOICE_DEVICE": "cpu",
        "NEMO_VOICE_HOST": "::",
        "NEMO_VOICE_PORT": "5000",
        "NEMO_VOICE_LOG_STYLE": "json",
        "NEMO_VOICE_DRAIN__DELAY_S": "15",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": "/tmp/huggingface",
    }


@pytest.mark.parametrize(
    ("source", "given", "revision", "passed"),
    [
        (HUB, HUB, COMMIT, COMMIT),
        ("https://a.example/b.nemo", "https://a.example/b.nemo", DIGEST, None),
        ("file:///a/b.nemo", "file:///var/cache/nemo-voice/a/b.nemo", DIGEST, None),
        ("demo", "demo", DIGEST, None),
    ],
)
def test_pods_serve_the_verified_digest(
    source: str, given: str, revision: str, passed: str | None
) -> None:
    model = VerifiedModel(verified(source, revision), verified(VOCODER, "b" * 40, OTHER))
    found = served(model, model={"source": source})
    assert found["NEMO_VOICE_MODEL"] == given
    assert found.get("NEMO_VOICE_MODEL_REVISION") == passed
    assert found["NEMO_VOICE_MODEL_SHA256"] == DIGEST
    assert found["NEMO_VOICE_VOCODER"] == VOCODER
    assert found["NEMO_VOICE_VOCODER_REVISION"] == "b" * 40
    assert found["NEMO_VOICE_VOCODER_SHA256"] == OTHER


def test_branch_is_pinned_to_its_commit() -> None:
    model = {"source": HUB, "revision": "main"}
    assert served(VerifiedModel(verified(HUB)), model=model)["NEMO_VOICE_MODEL_REVISION"] == COMMIT


def test_download_has_the_checkpoints_of_the_spec() -> None:
    found = fetched(
        model={"source": HUB, "revision": "main"},
        vocoder={"source": "file:///v.nemo", "sha256": DIGEST},
    )
    assert found == {
        "NEMO_VOICE_MODEL": HUB,
        "NEMO_VOICE_MODEL_REVISION": "main",
        "NEMO_VOICE_VOCODER": "file:///var/cache/nemo-voice/v.nemo",
        "NEMO_VOICE_VOCODER_SHA256": DIGEST,
        "NEMO_VOICE_MODEL_CACHE": "/var/cache/nemo-voice",
        "NEMO_VOICE_LOG_STYLE": "json",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": "/tmp/huggingface",
    }


def test_only_the_download_has_the_token_and_both_name_the_hub() -> None:
    hub = {"endpoint": "https://hub.example", "tokenSecretRef": {"name": "hub"}}
    spec = {"model": {"source": HUB}, "hub": hub}
    assert fetched(**spec)["HF_TOKEN"] == {"secretKeyRef": {"name": "hub", "key": "token"}}
    assert "HF_TOKEN" not in served(**spec)
    assert fetched(**spec)["HF_ENDPOINT"] == served(**spec)["HF_ENDPOINT"] == "https://hub.example"


@pytest.mark.parametrize(
    ("task", "queue"),
    [("tts", "NEMO_VOICE_MAX_QUEUE_CHARS"), ("stt", "NEMO_VOICE_MAX_QUEUE_AUDIO_S")],
)
def test_engine_fields_become_settings(task: str, queue: str) -> None:
    engine = {
        "precision": "bfloat16",
        "maxBatch": 8,
        "maxWaitMs": 0,
        "maxQueue": 900,
        "threads": 2,
        "memoryFraction": 0.25,
        "tf32": False,
    }
    found, without = served(task=task, engine=engine), served(task=task)
    added = {name: value for name, value in found.items() if name not in without}
    assert added == {
        "NEMO_VOICE_PRECISION": "bfloat16",
        "NEMO_VOICE_BATCHING__MAX_ITEMS": "8",
        "NEMO_VOICE_BATCHING__MAX_WAIT_MS": "0",
        "NEMO_VOICE_THREADS": "2",
        "NEMO_VOICE_MEMORY_FRACTION": "0.25",
        "NEMO_VOICE_TF32": "false",
        queue: "900",
    }


def added(found: dict[str, Any], without: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in without}


def test_a_recogniser_has_its_languages_and_its_decoder() -> None:
    spec = {"languages": ["es", "ca"], "engine": {"decoder": "ctc"}}
    own = {"NEMO_VOICE_LANGUAGES": "es,ca", "NEMO_VOICE_DECODER": "ctc"}
    assert added(served(task="stt", **spec), served(task="stt")) == own
    # A checkpoint without that decoder is refused before it is downloaded.
    assert added(fetched(task="stt", **spec), fetched(task="stt")) == {"NEMO_VOICE_DECODER": "ctc"}


def test_a_voice_has_its_language_and_its_speakers() -> None:
    spec = {"languages": ["es"], "speakers": {"Begoña": 7, "alloy": 0}, "defaultVoice": "Begoña"}
    # Speakers that a checkpoint does not have are refused before it is downloaded.
    for environment in (served, fetched):
        found = added(environment(**spec), environment())
        assert json.loads(found.pop("NEMO_VOICE_SPEAKERS")) == {"Begoña": 7, "alloy": 0}
        assert found == {"NEMO_VOICE_LANGUAGE": "es", "NEMO_VOICE_DEFAULT_VOICE": "Begoña"}


def test_download_is_told_what_env_says_of_language_voices_and_decoder() -> None:
    own = {
        "NEMO_VOICE_LANGUAGE": "es",
        "NEMO_VOICE_SPEAKERS": '{"lucia": 0}',
        "NEMO_VOICE_DEFAULT_VOICE": "lucia",
        "NEMO_VOICE_DECODER": "ctc",
    }
    others = {"NEMO_VOICE_THREADS": "2", "NEMO_VOICE_LANGUAGES": "es"}
    env = [{"name": name, "value": value} for name, value in (own | others).items()]
    assert added(fetched(env=env), fetched()) == own


def test_no_task_has_a_variable_that_its_service_does_not_know() -> None:
    speakers = {"speakers": {"helen": 92}, "defaultVoice": "helen"}
    assert served(task="stt", **speakers) == served(task="stt")
    assert served(engine={"decoder": "ctc"}) == served()
    assert fetched(engine={"decoder": "ctc"}) == fetched()


def test_kubernetes_replaces_nothing_in_the_text_of_the_self_test() -> None:
    found = added(served(selfTest={"text": "It costs $5, $(PRICE)."}), served())
    assert found == {"NEMO_VOICE_SELF_TEST__TEXT": "It costs $$5, $$(PRICE)."}


def test_warmup_texts_are_json_without_dollar_signs() -> None:
    texts = ["It costs $5 or $(PRICE).", 'Say "hello", José.']
    found = served(warmup={"texts": texts})["NEMO_VOICE_WARMUP_TEXTS"]
    assert json.loads(found) == texts
    assert "$" not in found
    assert "José" in found
    assert "NEMO_VOICE_WARMUP_TEXTS" not in fetched(warmup={"texts": texts})


@pytest.mark.parametrize(("count", "device"), [(0, "cpu"), (1, "cuda"), (4, "cuda")])
def test_device_is_cuda_exactly_with_a_gpu(count: int, device: str) -> None:
    assert served(gpu={"count": count})["NEMO_VOICE_DEVICE"] == device


@pytest.mark.parametrize("name", ["NEMO_VOICE_DEVICE", "nemo_voice_device", "HF_HUB_OFFLINE"])
def test_a_field_wins_over_env(name: str) -> None:
    found = served(env=[{"name": name, "value": "mine"}])
    assert "mine" not in found.values()


def test_of_two_equal_names_in_env_the_last_one_counts() -> None:
    env = [{"name": "TZ", "value": "UTC"}, {"name": "TZ", "value": "Europe/Madrid"}]
    assert served(env=env)["TZ"] == "Europe/Madrid"


def test_env_reaches_the_pods_and_without_settings_the_download() -> None:
    certificate = {"configMapKeyRef": {"name": "ca", "key": "bundle"}}
    env = [
        {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
        {"name": "BUNDLE", "valueFrom": certificate},
        {"name": "NEMO_VOICE_LOG_LEVEL", "value": "debug"},
    ]
    expected = {"HTTPS_PROXY": "http://proxy:3128", "BUNDLE": certificate}
    assert served(env=env).items() >= {**expected, "NEMO_VOICE_LOG_LEVEL": "debug"}.items()
    assert fetched(env=env).items() >= expected.items()
    assert "NEMO_VOICE_LOG_LEVEL" not in fetched(env=env)


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("file:///a.nemo", "file:///var/cache/nemo-voice/a.nemo"),
        ("file:////a.nemo", "file:///var/cache/nemo-voice/a.nemo"),
        ("file:///a/b%20c.nemo", "file:///var/cache/nemo-voice/a/b%20c.nemo"),
        ("https://a.example/b.nemo", "https://a.example/b.nemo"),
        (HUB, HUB),
        ("demo", "demo"),
    ],
)
def test_file_source_is_relative_to_the_claims_root(source: str, seen: str) -> None:
    assert container_source(source) == seen
