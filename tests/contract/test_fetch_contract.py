"""From a cache Job to a pod that serves: real processes, told only what the operator writes.

The Job's process brings the models from a hub on loopback or from files in the claim; what it
reports is what the plan takes up; with that the pod's process finds them, offline.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nemo_voice_operator.api import VoiceService, service_contract
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.planning.planning import verified_model
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from support.hub.server import TOKEN, Hub, running_hub
from support.models.checkpoints import nemo_file
from support.operator.voice_services import resolved, verified_plan, voice_service
from support.ports import free_port

SETTINGS = OperatorSettings()
MODEL, VOCODER = nemo_file(), nemo_file(weight_bytes=90_000)
COMMITS = "a" * 40, "b" * 40
FIND = """
from nemo_voice_tts.model_files import fetch
from nemo_voice_tts.settings import TtsSettings
files = fetch(TtsSettings())
print(files.model.directory.name, files.vocoder.directory.name)
"""


def container(service: VoiceService, plan: Plan, kind: str) -> dict[str, Any]:
    """The container of a child."""
    children: Any = desired_state(service, plan, SETTINGS)
    [child] = [child for child in children if child["kind"] == kind]
    return dict(child["spec"]["template"]["spec"]["containers"][0])


def run(arguments: list[str], told: dict[str, Any], claim: Path, secrets: Mapping[str, str]) -> str:
    """What a container's process prints: it has the claim, its variables, and no others of ours."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    for one in told["env"]:
        value = one.get("value") or secrets[one["valueFrom"]["secretKeyRef"]["name"]]
        environment[one["name"]] = value.replace(service_contract.MODEL_CACHE, str(claim))
    command = [sys.executable, *arguments]
    ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return ended.stdout


def fetched(service: VoiceService, plan: Plan, claim: Path) -> Observed:
    """What is seen after the Job's container has run to its end."""
    told, result = container(service, plan, "Job"), claim / "result"
    elsewhere = {
        service_contract.RESULT_PATH: str(result),
        str(service_contract.PROGRESS_PORT): str(free_port()),
    }
    arguments = [elsewhere.get(argument, argument) for argument in told["args"]]
    run(["-m", "nemo_voice_tts", *arguments], told, claim, {"hub": TOKEN})
    terminated = {"state": {"terminated": {"message": result.read_text()}}}
    pod = {
        "metadata": {"name": "fetch-1", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"phase": "Succeeded", "containerStatuses": [terminated]},
    }
    job = {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    return Observed(job=job, job_pods=(pod,))


def served(service: VoiceService, claim: Path) -> str:
    """The folders that the serving pod's process finds, once the Job has brought them."""
    plan = verified_plan(service, SETTINGS)
    brought = verified_model(resolved(service), fetched(service, plan, claim))
    assert brought is not None
    told = container(service, replace(plan, model=brought), "Deployment")
    return run(["-c", FIND], told, claim, {})


def private_models(hub: Hub) -> dict[str, Any]:
    """A spec whose models are on the hub, which wants its token."""
    hub.add("acme/voice", {"voice.nemo": MODEL}, commit=COMMITS[0]).private = True
    hub.add("acme/vocoder", {"vocoder.nemo": VOCODER}, commit=COMMITS[1]).private = True
    return {
        "model": {"source": "acme/voice"},
        "vocoder": {"source": "acme/vocoder", "revision": "main"},
        "hub": {"endpoint": hub.url, "tokenSecretRef": {"name": "hub"}},
    }


def test_what_the_job_brought_from_a_private_hub_is_found_without_it(tmp_path: Path) -> None:
    with running_hub() as hub:
        service = voice_service(**private_models(hub))
        plan = verified_plan(service, SETTINGS)
        observed = fetched(service, plan, tmp_path)
        brought = verified_model(resolved(service), observed)
    assert brought is not None
    assert brought.vocoder is not None
    assert (brought.model.revision, brought.vocoder.revision) == COMMITS
    told = container(service, replace(plan, model=brought), "Deployment")
    found = run(["-c", FIND], told, tmp_path, {}).split()
    assert found == [brought.model.directory, brought.vocoder.directory]


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


def test_the_shipped_model_is_kept_beside_another_vocoder(tmp_path: Path) -> None:
    (tmp_path / "vocoder.nemo").write_bytes(VOCODER)
    found = served(voice_service(vocoder={"source": "file:///vocoder.nemo"}), tmp_path).split()
    assert [folder.partition("@")[0] for folder in found] == [
        "local--demo--fastpitch",
        "local--file--vocoder",
    ]
