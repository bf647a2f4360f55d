"""From a cache Job to a serving pod: real processes with the arguments that the operator writes.

The Job's process fetches the models from a hub on loopback or from files in the claim; the plan
takes its result; with that the pod's process finds the models offline.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService, service_contract
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.planning.planning import verified_model
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from support.hub.server import TOKEN, Hub, running_hub
from support.models.look_alikes import archive_of
from support.operator.voice_services import resolved, verified_plan, voice_service
from support.ports import free_port

SETTINGS = OperatorSettings()
MODEL, VOCODER = archive_of("nvidia/tts_en_fastpitch"), archive_of("nvidia/tts_hifigan")
COMMITS = "a" * 40, "b" * 40
FIND = """
from nemo_voice_tts.model_files import fetch
from nemo_voice_tts.settings import TtsSettings
files = fetch(TtsSettings())
print(files.model.directory.name, files.vocoder.directory.name)
"""


def container(service: VoiceService, plan: Plan, kind: str) -> dict[str, Any]:
    """Returns the container of an owned object."""
    objects: Any = desired_state(service, plan, SETTINGS)
    [found] = [one for one in objects if one["kind"] == kind]
    return dict(found["spec"]["template"]["spec"]["containers"][0])


def run(arguments: list[str], spec: dict[str, Any], claim: Path, secrets: Mapping[str, str]) -> str:
    """Returns the output of a container's process, run with its variables and the claim only."""
    inherited = ("PATH", "HOME", "PYTHONPATH")
    environment = {name: os.environ[name] for name in inherited if name in os.environ}
    for one in spec["env"]:
        value = one.get("value") or secrets[one["valueFrom"]["secretKeyRef"]["name"]]
        environment[one["name"]] = value.replace(service_contract.MODEL_CACHE, str(claim))
    command = [sys.executable, *arguments]
    ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return ended.stdout


def fetched(service: VoiceService, plan: Plan, claim: Path) -> Observed:
    """Returns the observed state after the Job's container has succeeded."""
    spec, result = container(service, plan, "Job"), claim / "result"
    replaced = {
        service_contract.RESULT_PATH: str(result),
        str(service_contract.PROGRESS_PORT): str(free_port()),
    }
    arguments = [replaced.get(argument, argument) for argument in spec["args"]]
    run(["-m", "nemo_voice_tts", *arguments], spec, claim, {"hub": TOKEN})
    terminated = {"state": {"terminated": {"message": result.read_text()}}}
    pod = {
        "metadata": {"name": "fetch-1", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"phase": "Succeeded", "containerStatuses": [terminated]},
    }
    job = {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    return Observed(job=job, job_pods=(pod,))


def served(service: VoiceService, claim: Path) -> str:
    """Returns the folders that the serving pod's process finds after the Job."""
    plan = verified_plan(service, SETTINGS)
    stored = verified_model(resolved(service), fetched(service, plan, claim))
    assert stored is not None
    spec = container(service, replace(plan, model=stored), "Deployment")
    return run(["-c", FIND], spec, claim, {})


def private_models(hub: Hub) -> dict[str, Any]:
    """Returns a spec whose models are private on the hub."""
    hub.add("acme/voice", {"voice.nemo": MODEL}, commit=COMMITS[0]).private = True
    hub.add("acme/vocoder", {"vocoder.nemo": VOCODER}, commit=COMMITS[1]).private = True
    return {
        "model": {"source": "acme/voice"},
        "vocoder": {"source": "acme/vocoder", "revision": "main"},
        "hub": {"endpoint": hub.url, "tokenSecretRef": {"name": "hub"}},
    }


def test_models_fetched_from_a_private_hub_are_found_offline(tmp_path: Path) -> None:
    with running_hub() as hub:
        service = voice_service(**private_models(hub))
        plan = verified_plan(service, SETTINGS)
        observed = fetched(service, plan, tmp_path)
        stored = verified_model(resolved(service), observed)
    assert stored is not None
    assert stored.vocoder is not None
    assert (stored.model.revision, stored.vocoder.revision) == COMMITS
    spec = container(service, replace(plan, model=stored), "Deployment")
    found = run(["-c", FIND], spec, tmp_path, {}).split()
    assert found == [stored.model.directory, stored.vocoder.directory]


@pytest.mark.parametrize("exempt", [False, True], ids=["by the proxy", "past it"])
def test_a_download_goes_through_the_proxy_of_the_environment(tmp_path: Path, exempt: bool) -> None:
    with running_hub() as hub, running_hub() as proxy:
        spec = private_models(hub)
        # A proxy gets whole addresses, and this one answers them itself.
        proxy.repositories = hub.repositories
        variables = [
            {"name": "HTTP_PROXY", "value": proxy.url},
            {"name": "NO_PROXY", "value": "127.0.0.1" if exempt else "other.example.com"},
        ]
        service = voice_service(**spec, env=variables)
        fetched(service, verified_plan(service, SETTINGS), tmp_path)
        asked, spared = (hub, proxy) if exempt else (proxy, hub)
    assert asked.bodies()
    assert spared.seen == []


def test_files_in_the_claim_are_found_by_their_digests(tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "mine.nemo").write_bytes(MODEL)
    (tmp_path / "vocoder.nemo").write_bytes(VOCODER)
    model, vocoder = {"source": "file:///voices/mine.nemo"}, {"source": "file:///vocoder.nemo"}
    found = served(voice_service(model=model, vocoder=vocoder), tmp_path).split()
    assert [folder.partition("@")[0] for folder in found] == [
        "local--file--mine",
        "local--file--vocoder",
    ]


def test_the_demo_model_works_with_another_vocoder(tmp_path: Path) -> None:
    (tmp_path / "vocoder.nemo").write_bytes(VOCODER)
    found = served(voice_service(vocoder={"source": "file:///vocoder.nemo"}), tmp_path).split()
    assert [folder.partition("@")[0] for folder in found] == [
        "local--demo--fastpitch",
        "local--file--vocoder",
    ]
