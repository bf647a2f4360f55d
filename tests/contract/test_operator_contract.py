"""What the operator writes into pods is what the services and their images understand."""

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from nemo_voice_operator.api import service_contract as contract
from nemo_voice_operator.api.grpc_port import GRPC_PORT, GRPC_PORT_VARIABLE, HTTP_PORTS
from nemo_voice_operator.api.pods import OWNED_VARIABLES
from nemo_voice_operator.api.route import OWN_PATHS
from nemo_voice_operator.api.spec import Task, container_port
from nemo_voice_operator.crd import crd
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.desired.environment import container_source
from nemo_voice_operator.planning.resolution import vocoder_of
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan
from nemo_voice_serving import settings as service_settings
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.cli.fetch import REFUSED_STATUS
from nemo_voice_serving.environment import variable_names
from nemo_voice_serving.http.api_keys import OPEN_PATHS
from nemo_voice_serving.http.routes.health import health_router
from nemo_voice_serving.http.routes.startup import startup_router
from nemo_voice_serving.model_store import errors
from nemo_voice_serving.model_store.reference import ModelKind, parse_reference
from nemo_voice_serving.runtime.addresses import EVERY_ADDRESS
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.settings import PREFIX, ServiceSettings, is_path_prefix
from nemo_voice_stt.__main__ import PROGRAM as STT
from nemo_voice_stt.settings import SttSelfTestSettings, SttSettings
from nemo_voice_tts.__main__ import PROGRAM as TTS
from nemo_voice_tts.settings import (
    MAX_WARMUP_TEXT_CHARS,
    MAX_WARMUP_TEXTS,
    TtsSelfTestSettings,
    TtsSettings,
)
from support.docs.repository import ROOT
from support.operator.voice_services import verified_plan, voice_service

SETTINGS: dict[Task, type[ServiceSettings]] = {Task.TTS: TtsSettings, Task.STT: SttSettings}
PARSERS: dict[Task, ArgumentParser] = {Task.TTS: TTS.parser(), Task.STT: STT.parser()}
EVERYTHING: dict[str, Any] = {
    "model": {"source": "nvidia/a-model", "revision": "main", "sha256": "d" * 64},
    "engine": {
        "precision": "float16",
        "maxBatch": 3,
        "maxWaitMs": 7,
        "maxQueue": 900,
        "threads": 2,
        "memoryFraction": 0.4,
        "tf32": True,
    },
    "languages": ["es"],
    "tls": {"secretName": "certificate"},
    "route": {"parentRefs": [{"name": "speech"}], "path": "/speech"},
    "hub": {
        "endpoint": "https://hub.example",
        "tokenSecretRef": {"name": "hub"},
        "caBundle": {"configMapKeyRef": {"name": "authorities", "key": "root.pem"}},
    },
}
OF_ONE_TASK: dict[Task, dict[str, Any]] = {
    Task.TTS: {
        "speakers": {"helen": 92, "O'Brien": 7},
        "defaultVoice": "helen",
        "selfTest": {"text": "Cuesta $5, $(PRICE) y $$."},
    },
    Task.STT: {
        "selfTest": {
            "text": "Buenos días.",
            "clip": {"configMapRef": {"name": "greeting", "key": "clip.flac"}},
        },
    },
}
KINDS_WITH_PODS = ("Deployment", "Job")


def containers(task: Task) -> dict[str, Any]:
    """The containers of a VoiceService that says everything, by the kind that has them."""
    engine = {**EVERYTHING["engine"], **({"decoder": "ctc"} if task is Task.STT else {})}
    service = voice_service(task=task, **EVERYTHING | OF_ONE_TASK[task] | {"engine": engine})
    operator = OperatorSettings()
    children: Any = desired_state(service, verified_plan(service, operator), operator)
    return {
        child["kind"]: child["spec"]["template"]["spec"]["containers"][0]
        for child in children
        if child["kind"] in KINDS_WITH_PODS
    }


def environment(container: dict[str, Any]) -> dict[str, str]:
    """What a container's process sees, once Kubernetes has put values in place of `$(NAME)`."""
    values = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    return {name: _expanded(value, values) for name, value in values.items()}


def _expanded(value: str, values: dict[str, str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else values.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", replaced, value)


def dockerfile(task: Task) -> str:
    """The recipe of a service's image."""
    recipe = (ROOT / "Dockerfile").read_text()
    shared, *targets = re.split(r"^FROM service AS (\w+)$", recipe, flags=re.MULTILINE)
    return shared + dict(zip(targets[::2], targets[1::2], strict=True))[task]


@pytest.mark.parametrize("kind", KINDS_WITH_PODS)
@pytest.mark.parametrize("task", Task)
def test_every_variable_is_a_setting_of_the_service(task: Task, kind: str) -> None:
    ours = {name for name in environment(containers(task)[kind]) if name.startswith(PREFIX)}
    assert ours - variable_names(SETTINGS[task]) == set()
    assert len(ours) >= 5


@pytest.mark.parametrize("kind", KINDS_WITH_PODS)
@pytest.mark.parametrize("task", Task)
def test_the_service_reads_its_settings_from_what_the_operator_writes(
    task: Task, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(containers(task)[kind]).items():
        monkeypatch.setenv(name, value)
    settings = SETTINGS[task]()
    assert (settings.model, settings.model_revision) == ("nvidia/a-model", "main")
    assert settings.model_sha256 == "d" * 64
    assert settings.model_cache == Path(contract.MODEL_CACHE)
    if kind == "Job":
        assert settings.ca_bundle == Path(contract.CA_BUNDLE_FILE)
        mounts = {one["mountPath"] for one in containers(task)[kind]["volumeMounts"]}
        assert str(settings.ca_bundle.parent) in mounts
    if kind == "Deployment":
        assert (settings.offline, settings.device, settings.precision) == (True, "cuda", "float16")
        assert (settings.batching.max_items, settings.batching.max_wait_ms) == (3, 7)
        assert settings.threads == 2
        assert (settings.memory_fraction, settings.tf32) == (0.4, True)


@pytest.mark.parametrize(
    ("task", "field"), [(Task.TTS, "max_queue_chars"), (Task.STT, "max_queue_audio_s")]
)
def test_the_longest_queue_is_counted_in_the_tasks_own_work(
    task: Task, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(containers(task)["Deployment"]).items():
        monkeypatch.setenv(name, value)
    assert getattr(SETTINGS[task](), field) == 900


def test_a_service_is_told_its_keys_and_warmup_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["It costs $5.", "x" * MAX_WARMUP_TEXT_CHARS]
    service = voice_service(
        auth={"keysSecretRef": {"name": "speech-keys"}},
        pronunciations={"configMapRef": {"name": "names"}},
        warmup={"texts": texts},
    )
    operator = OperatorSettings()
    children: Any = desired_state(service, verified_plan(service, operator), operator)
    (deployment,) = [child for child in children if child["kind"] == "Deployment"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    for name, value in environment(container).items():
        monkeypatch.setenv(name, value)
    settings = TtsSettings()
    assert settings.warmup_texts == tuple(texts)
    mounted = {one["mountPath"] for one in container["volumeMounts"]}
    assert {str(settings.api_keys_file), str(settings.pronunciations)} <= mounted


def test_a_voice_is_told_its_language_its_speakers_and_its_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment(containers(Task.TTS)["Deployment"]).items():
        monkeypatch.setenv(name, value)
    settings = TtsSettings()
    assert (settings.language, settings.default_voice) == ("es", "helen")
    assert dict(settings.speakers) == {"helen": 92, "O'Brien": 7}
    assert settings.self_test.text == "Cuesta $5, $(PRICE) y $$."


def test_a_recogniser_is_told_its_languages_its_decoder_and_its_clip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    container = containers(Task.STT)["Deployment"]
    for name, value in environment(container).items():
        monkeypatch.setenv(name, value)
    settings = SttSettings()
    assert (settings.language_codes, settings.names_languages) == (("es",), True)
    assert settings.decoder == "ctc"
    assert settings.self_test.text == "Buenos días."
    assert settings.self_test.clip == Path(contract.SELF_TEST_CLIP)
    mounted = {one["mountPath"] for one in container["volumeMounts"]}
    assert str(settings.self_test.clip.parent) in mounted


def test_both_know_the_same_languages_decoders_and_lengths() -> None:
    definition: Any = crd()
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    fields = spec["properties"]
    (code,) = fields["languages"]["items"]["x-kubernetes-validations"]
    one = code["rule"].removeprefix("self.matches('^").removesuffix("$')")
    (pattern,) = (rule.pattern for rule in SttSettings.model_fields["languages"].metadata)
    assert pattern == f"^{one}(,{one})*$"
    decoders = set(get_args(SttSettings.model_fields["decoder"].annotation))
    assert set(fields["engine"]["properties"]["decoder"]["enum"]) == decoders
    for settings in (TtsSelfTestSettings, SttSelfTestSettings):
        limits = settings.model_fields["text"].metadata
        (most,) = (rule.max_length for rule in limits if hasattr(rule, "max_length"))
        assert fields["selfTest"]["properties"]["text"]["maxLength"] == most


def test_both_allow_as_many_and_as_long_warmup_texts() -> None:
    definition: Any = crd()
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    texts = spec["properties"]["warmup"]["properties"]["texts"]
    assert texts["maxItems"] == MAX_WARMUP_TEXTS
    assert texts["items"]["maxLength"] == MAX_WARMUP_TEXT_CHARS


def test_what_the_operator_and_the_probes_ask_needs_no_key() -> None:
    assert {
        contract.LIVE_PATH,
        contract.READY_PATH,
        contract.STARTUP_PATH,
        contract.METRICS_PATH,
    } <= OPEN_PATHS


def test_what_nobody_may_set_beside_the_operator_exists() -> None:
    known = variable_names(TtsSettings) | variable_names(SttSettings)
    assert set(OWNED_VARIABLES) - known == set()


def test_a_route_may_have_no_prefix_that_the_services_refuse() -> None:
    assert set(service_settings._OWN_PATHS) <= set(OWN_PATHS)
    assert is_path_prefix("/listener")


@pytest.mark.parametrize("task", Task)
def test_the_ports_are_the_same(task: Task) -> None:
    assert container_port(task) == SETTINGS[task].model_fields["port"].default
    assert f"EXPOSE {container_port(task)} {GRPC_PORT}\n" in dockerfile(task)
    assert SETTINGS[task].model_fields["grpc_port"].default == GRPC_PORT
    assert GRPC_PORT_VARIABLE in variable_names(SETTINGS[task])
    assert container_port(task) in HTTP_PORTS


def test_the_probes_ask_what_the_services_answer() -> None:
    health = health_router(Lifecycle(), DeviceThread())
    startup = startup_router(Lifecycle())
    assert {contract.LIVE_PATH, contract.READY_PATH, contract.STARTUP_PATH} <= {
        getattr(one, "path", "") for one in (*health.routes, *startup.routes)
    }


async def test_the_startup_probe_waits_as_long_as_a_spec_may_ask_for() -> None:
    app = FastAPI()
    app.include_router(startup_router(lifecycle := Lifecycle()))
    lifecycle.enter(Phase.READY)
    service = voice_service(warmup={"timeoutSeconds": 86_400})
    made: Any = desired_state(service, Plan(replicas=1), OperatorSettings())
    (deployment,) = [one for one in made if one["kind"] == "Deployment"]
    probe = deployment["spec"]["template"]["spec"]["containers"][0]["startupProbe"]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://pod"
    ) as client:
        response = await client.get(probe["httpGet"]["path"])
    assert (response.status_code, response.json()["status"]) == (200, "started")


@pytest.mark.parametrize("task", Task)
def test_the_image_runs_as_the_user_whom_the_pod_names(task: Task) -> None:
    recipe = dockerfile(task)
    assert f"USER {contract.USER}:{contract.USER}\n" in recipe
    assert f"NEMO_VOICE_MODEL_CACHE={contract.MODEL_CACHE}" in recipe
    entry = re.search(r"^ENTRYPOINT (.+)$", recipe, re.MULTILINE)
    assert entry
    assert f'"-m", "nemo_voice_{task}"]' in entry[1]


@pytest.mark.parametrize("task", Task)
def test_the_services_know_the_arguments(task: Task) -> None:
    assert PARSERS[task].parse_args(contract.SERVE_ARGUMENTS).command == "serve"
    fetching = PARSERS[task].parse_args(contract.FETCH_ARGUMENTS)
    assert fetching.command == "fetch"
    assert (fetching.result, fetching.progress_port) == (
        Path(contract.RESULT_PATH),
        contract.PROGRESS_PORT,
    )
    checking = PARSERS[task].parse_args(contract.CHECK_ARGUMENTS)
    assert (checking.command, checking.result) == ("check", Path(contract.RESULT_PATH))


def test_a_pod_is_given_the_time_that_a_service_takes_to_end() -> None:
    assert ServiceSettings().drain.timeout_s == contract.DRAIN_DEFAULTS_S[contract.DRAIN_TIMEOUT]
    assert set(contract.DRAIN_DEFAULTS_S) <= variable_names(ServiceSettings)


@pytest.mark.parametrize("variable", contract.DRAIN_RANGES_S)
def test_the_operator_knows_which_times_to_end_a_service_accepts(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, beyond in zip(contract.DRAIN_RANGES_S[variable], (-1, 1), strict=True):
        monkeypatch.setenv(variable, str(limit))
        ServiceSettings()
        monkeypatch.setenv(variable, str(limit + beyond))
        with pytest.raises(ValidationError):
            ServiceSettings()


@pytest.mark.parametrize("task", Task)
def test_a_service_accepts_for_as_long_as_the_operator_computes_and_everywhere(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(containers(task)["Deployment"]).items():
        monkeypatch.setenv(name, value)
    settings = SETTINGS[task]()
    assert settings.drain.delay_s == contract.DRAIN_DEFAULTS_S[contract.DRAIN_DELAY]
    assert settings.drain.delay_s > contract.UNREADY_AFTER_S
    assert settings.host == EVERY_ADDRESS


@pytest.mark.parametrize("model", ["demo", "nvidia/a-model", "file:///a.nemo"])
def test_the_operator_knows_which_vocoder_a_service_takes_by_default(model: str) -> None:
    vocoder = vocoder_of(voice_service(model={"source": model}))
    assert vocoder is not None
    assert vocoder.source == TtsSettings(model=container_source(model)).vocoder_source


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("demo", ModelKind.DEMO),
        ("nvidia/a-model", ModelKind.HUB),
        ("https://a.example/b.nemo", ModelKind.HTTPS),
        ("file:///voices/b.nemo", ModelKind.FILE),
    ],
)
def test_the_services_understand_every_form_of_a_source(source: str, kind: ModelKind) -> None:
    reference = parse_reference(container_source(source))
    assert reference.kind is kind
    if kind is ModelKind.FILE:
        assert reference.path == Path(contract.MODEL_CACHE) / "voices" / "b.nemo"


def test_refusals_are_those_of_the_services_and_end_with_the_status_that_the_job_knows() -> None:
    assert {str(reason) for reason in errors.REFUSALS} == contract.REFUSALS
    assert REFUSED_STATUS == contract.REFUSED
