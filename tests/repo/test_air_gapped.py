"""The steps of docs/air-gapped.md: models fetched from a hub, carried by tar, used offline."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.service_contract import FETCH_ARGUMENTS, MODEL_CACHE, USER
from nemo_voice_operator.desired.environment import fetch_environment
from support.docs.documented import command_blocks, file_in
from support.hub.server import Hub, running_hub
from support.kubernetes.schemas import faults_of
from support.models.look_alikes import archive_of
from support.ports import free_port

PAGE = "docs/air-gapped.md"
MODULES = {"tts": "nemo_voice_tts", "stt": "nemo_voice_stt"}
MODELS = ("nvidia/tts_en_fastpitch", "nvidia/tts_hifigan", "nvidia/parakeet-tdt-1.1b")


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with repositories of the names that the page has, each with a commit of its own."""
    with running_hub() as hub:
        for digit, name in enumerate(MODELS, 1):
            file = f"{name.partition('/')[2]}.nemo"
            hub.add(name, {file: archive_of(name)}, commit=str(digit) * 40)
        yield hub


def documented(beginning: str) -> list[str]:
    """Returns the page's commands that begin so."""
    found = [
        command
        for block in command_blocks()
        if str(block.page) == PAGE
        for command in block.commands
        if command.startswith(beginning)
    ]
    assert found
    return found


def run(words: list[str], folder: Path, **variables: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    done = subprocess.run(
        words, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def voices() -> list[VoiceService]:
    """Returns the VoiceServices of the page."""
    written = yaml.safe_load_all(file_in(PAGE, "voices.yaml"))
    meta = {"namespace": "speech", "uid": "u", "generation": 1}
    return [
        VoiceService.model_validate({**one, "metadata": {**one["metadata"], **meta}})
        for one in written
    ]


def with_commits(voice: VoiceService, results: dict[str, Any]) -> VoiceService:
    """Returns the VoiceService with the commits that `fetch` wrote down outside."""
    commits = {one["role"]: one["revision"] for one in results["checkpoints"]}
    pinned = {"model": voice.spec.model.model_copy(update={"revision": commits["model"]})}
    if voice.spec.vocoder is not None:
        vocoder = {"revision": commits["vocoder"]}
        pinned["vocoder"] = voice.spec.vocoder.model_copy(update=vocoder)
    return voice.model_copy(update={"spec": voice.spec.model_copy(update=pinned)})


def environment_of(voice: VoiceService) -> dict[str, str]:
    """Returns the environment of the VoiceService's download, as the operator makes it."""
    listed: list[Any] = fetch_environment(voice)
    return {one["name"]: one["value"] for one in listed}


def test_models_fetched_outside_are_used_offline(hub: Hub, tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    for command in documented(".venv/bin/python"):
        _python, *words = shlex.split(command)
        run([sys.executable, *words], outside, HF_ENDPOINT=hub.url)
    run(["bash", "-c", documented("(cd speech-models")[0]], outside)
    packed = str(outside / "speech-models.tar")
    run(["tar", "--extract", "--file", packed, "--directory", str(inside)], tmp_path)

    hub.seen.clear()
    for voice in voices():
        results = json.loads((outside / f"{voice.spec.task}.json").read_text())
        variables = environment_of(with_commits(voice, results))
        variables |= {"NEMO_VOICE_MODEL_CACHE": str(inside), "HF_ENDPOINT": hub.url}
        # The real home of HF_HOME is a folder of the pod's own.
        variables["HF_HOME"] = str(tmp_path / "huggingface")
        result = tmp_path / f"{voice.spec.task}.json"
        fetch = (FETCH_ARGUMENTS[0], "--result", str(result), "--progress-port", str(free_port()))
        module = MODULES[voice.spec.task]
        run([sys.executable, "-m", module, *fetch], tmp_path, **variables)
        again = json.loads(result.read_text())["checkpoints"]
        assert [one["sha256"] for one in again] == [one["sha256"] for one in results["checkpoints"]]
    assert hub.seen == [], "no request was sent"


def test_the_documented_pod_writes_into_the_services_cache() -> None:
    claim, pod = yaml.safe_load_all(file_in(PAGE, "filling.yaml"))
    (container,) = pod["spec"]["containers"]
    (mount,) = container["volumeMounts"]
    assert mount["mountPath"] == MODEL_CACHE
    assert pod["spec"]["securityContext"]["runAsUser"] == USER
    assert {one.spec.cache.claim_name for one in voices() if one.spec.cache} == {
        claim["metadata"]["name"]
    }
    for one in (claim, pod):
        assert faults_of(one) == []
