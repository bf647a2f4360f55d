"""The owned objects as a whole: the golden files, and that equal input gives equal bytes."""

import json
from collections.abc import Iterator

import pytest
import yaml

from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork, Plan
from support.golden import FOLDER, Golden
from support.kubernetes.schemas import NEWEST, OLDEST, faults_of
from support.operator.voice_services import (
    SAMPLES,
    objects_of,
    services_of,
    verified_plan,
    voice_service,
)

SETTINGS = OperatorSettings(
    image_tts="ghcr.io/nemo-voice/nemo-voice-tts:1.2.3",
    image_stt="ghcr.io/nemo-voice/nemo-voice-stt:1.2.3",
)
NOT_KUBERNETES_OWN = {"ServiceMonitor", "HTTPRoute", "GRPCRoute", "VoiceService"}
ALWAYS = ["Service", "NetworkPolicy", "Deployment", "PodDisruptionBudget", "Service"]


def owned_by_sample(sample: str) -> list[Manifest]:
    """Every owned object of every VoiceService in a sample whose models are verified."""
    # Of the claims that samples name, only this one cannot be mounted on several nodes.
    single_node = sample == "air-gapped"
    return [
        manifest
        for service in services_of(sample)
        for manifest in desired_state(
            service, verified_plan(service, SETTINGS, single_node=single_node), SETTINGS
        )
    ]


def kinds(owned: tuple[Manifest, ...]) -> list[Json]:
    return [manifest["kind"] for manifest in owned]


def values_in(value: Json) -> Iterator[Json]:
    """Every value inside a value, at any depth."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from values_in(one)


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_match_their_golden_files(sample: str, golden: Golden) -> None:
    golden(owned_by_sample(sample), sample)


def test_every_golden_file_has_a_sample() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SAMPLES)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("sample", SAMPLES)
def test_kubernetes_knows_every_field_of_every_owned_object(sample: str, version: str) -> None:
    for manifest in owned_by_sample(sample):
        if manifest["kind"] not in NOT_KUBERNETES_OWN:
            assert faults_of(manifest, version) == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_other_objects_of_samples_are_valid(sample: str) -> None:
    for thing in objects_of(sample):
        if thing["kind"] not in NOT_KUBERNETES_OWN:
            assert faults_of(thing) == []


def test_schema_check_finds_a_misspelt_field() -> None:
    deployment = next(
        manifest for manifest in owned_by_sample("tts-demo") if manifest["kind"] == "Deployment"
    )
    misspelt: Manifest = {**deployment, "spec": {**deployment["spec"], "replica": 1}}  # type: ignore[dict-item]
    [fault] = faults_of(misspelt)
    assert "replica" in fault


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_same_input_gives_the_same_bytes(sample: str) -> None:
    once, again = (json.dumps(owned_by_sample(sample)) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("sample", SAMPLES)
def test_manifests_have_no_none_and_no_shared_parts(sample: str) -> None:
    owned = owned_by_sample(sample)
    assert None not in list(values_in(list(owned)))
    # The caller may change a manifest without changing another one.
    boxes = [id(one) for manifest in owned for one in values_in(manifest) if isinstance(one, dict)]
    assert len(boxes) == len(set(boxes))


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_are_short_and_begin_with_a_comment(sample: str) -> None:
    lines = SAMPLES[sample].read_text().splitlines()
    assert lines[0].startswith("# ")
    assert len(lines[0]) <= 100
    assert len(lines) <= 40


def test_the_smallest_sample_has_nine_lines() -> None:
    assert len(SAMPLES["tts-demo"].read_text().splitlines()) == 9


def test_the_demo_has_no_claim_and_no_job() -> None:
    assert kinds(desired_state(voice_service(), Plan(replicas=1), SETTINGS)) == ALWAYS


def test_service_exists_before_the_first_deployment() -> None:
    work = CacheWork(claim="narrator-models", creates_claim=True, job="nemo-voice-cache-1")
    plan = Plan(replicas=0, cache=work, serves=False)
    found = kinds(desired_state(voice_service(), plan, SETTINGS))
    assert found == [
        "PersistentVolumeClaim",
        "Job",
        "Service",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
    ]


def test_the_golden_files_are_what_a_yaml_parser_reads_back() -> None:
    kept = list(yaml.safe_load_all((FOLDER / "shared-cache.yaml").read_text()))
    assert kept == owned_by_sample("shared-cache")
