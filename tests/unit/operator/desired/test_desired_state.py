"""The children as a whole: what a sample becomes, and that the same input gives the same bytes."""

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
NOT_KUBERNETES_OWN = {"ServiceMonitor", "VoiceService"}
ALWAYS = ["Service", "NetworkPolicy", "Deployment", "PodDisruptionBudget"]


def children_of(sample: str) -> list[Manifest]:
    """Every child of every VoiceService in a sample whose models are proven."""
    # Every claim that is named rather than created is one of many nodes but the one filled by hand.
    single_node = sample == "air-gapped"
    return [
        child
        for service in services_of(sample)
        for child in desired_state(
            service, verified_plan(service, SETTINGS, single_node=single_node), SETTINGS
        )
    ]


def kinds(children: tuple[Manifest, ...]) -> list[Json]:
    return [child["kind"] for child in children]


def values_in(value: Json) -> Iterator[Json]:
    """Every value inside a value, at any depth."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from values_in(one)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_becomes_what_was_agreed_on(sample: str, golden: Golden) -> None:
    golden(children_of(sample), sample)


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SAMPLES)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("sample", SAMPLES)
def test_kubernetes_knows_every_field_of_every_child(sample: str, version: str) -> None:
    for child in children_of(sample):
        if child["kind"] not in NOT_KUBERNETES_OWN:
            assert faults_of(child, version) == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_a_sample_brings_besides_is_valid(sample: str) -> None:
    for thing in objects_of(sample):
        if thing["kind"] not in NOT_KUBERNETES_OWN:
            assert faults_of(thing) == []


def test_the_check_notices_a_misspelt_field() -> None:
    deployment = next(child for child in children_of("tts-demo") if child["kind"] == "Deployment")
    misspelt: Manifest = {**deployment, "spec": {**deployment["spec"], "replica": 1}}  # type: ignore[dict-item]
    [fault] = faults_of(misspelt)
    assert "replica" in fault


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_same_input_gives_the_same_bytes(sample: str) -> None:
    once, again = (json.dumps(children_of(sample)) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("sample", SAMPLES)
def test_nothing_is_none_and_no_two_things_are_shared(sample: str) -> None:
    children = children_of(sample)
    assert None not in list(values_in(list(children)))
    # What is applied may be changed by whoever applies it, without reaching another child.
    boxes = [id(one) for child in children for one in values_in(child) if isinstance(one, dict)]
    assert len(boxes) == len(set(boxes))


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_short_and_says_first_what_it_shows(sample: str) -> None:
    lines = SAMPLES[sample].read_text().splitlines()
    assert lines[0].startswith("# ")
    assert len(lines[0]) <= 100
    assert len(lines) <= 40


def test_the_smallest_sample_has_nine_lines() -> None:
    assert len(SAMPLES["tts-demo"].read_text().splitlines()) == 9


def test_the_demo_has_no_claim_and_no_job() -> None:
    assert kinds(desired_state(voice_service(), Plan(replicas=1), SETTINGS)) == ALWAYS


def test_before_anything_is_proven_there_is_an_address_but_no_deployment() -> None:
    work = CacheWork(claim="narrator-models", creates_claim=True, job="nemo-voice-cache-1")
    plan = Plan(replicas=0, cache=work, serves=False)
    found = kinds(desired_state(voice_service(), plan, SETTINGS))
    assert found == [
        "PersistentVolumeClaim",
        "Job",
        "Service",
        "NetworkPolicy",
        "PodDisruptionBudget",
    ]


def test_the_golden_files_are_what_a_yaml_parser_reads_back() -> None:
    kept = list(yaml.safe_load_all((FOLDER / "shared-cache.yaml").read_text()))
    assert kept == children_of("shared-cache")
