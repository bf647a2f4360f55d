"""How a container ended, in words."""

import json
from typing import Any

import pytest

from nemo_voice_operator.status.container_ends import how_it_ended
from support.operator.observations import pod

HEALTHY = json.dumps({"level": "info", "event": "request finished"})
FAILED = json.dumps({"level": "error", "event": "service failed", "reason": "it is silent"})
ITS_END = "it ended by itself without an error (exit code 0), as after SIGTERM"


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"exitCode": 137, "reason": "Error"}, "killed by SIGKILL (exit code 137)"),
        ({"exitCode": 139, "reason": "Error"}, "killed by SIGSEGV (exit code 139)"),
        ({"exitCode": 143, "reason": "Error"}, "killed by SIGTERM (exit code 143)"),
        ({"exitCode": 134, "reason": "Error"}, "killed by SIGABRT (exit code 134)"),
        ({"exitCode": 255, "reason": "Error"}, "it ended with exit code 255"),
        ({"exitCode": 1, "reason": "Error"}, "it ended with exit code 1"),
        ({"exitCode": 2}, "it ended with exit code 2"),
        ({"exitCode": 0, "reason": "Completed"}, ITS_END),
        (
            {"exitCode": 1, "reason": "Error", "message": f"{HEALTHY}\n{FAILED}\n{HEALTHY}"},
            "it ended with exit code 1: service failed: it is silent",
        ),
        (
            {"exitCode": 137, "reason": "Error", "message": f"{FAILED}\n{HEALTHY}"},
            "killed by SIGKILL (exit code 137)",
        ),
        (
            {"exitCode": 139, "reason": "Error", "message": f"{HEALTHY}\nFatal: bad address"},
            "killed by SIGSEGV (exit code 139): Fatal: bad address",
        ),
        (
            {"exitCode": 128, "reason": "StartError", "message": "exec: no such file"},
            "StartError with exit code 128: exec: no such file",
        ),
    ],
)
def test_end_is_told_in_words(ended: dict[str, Any], words: str) -> None:
    assert how_it_ended(pod(), {"state": {"terminated": ended}}) == words
    before = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    assert how_it_ended(pod(), {**before, "lastState": {"terminated": ended}}) == words


def test_container_that_never_ended_has_the_words_of_its_state() -> None:
    waiting = {"state": {"waiting": {"reason": "RunContainerError", "message": "no such file"}}}
    assert how_it_ended(pod(), waiting) == "no such file"
    assert how_it_ended(pod(), {"state": {}}) == ""


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("serve", "resources"),
        ("fetch", "jobResources"),
        ("check", "jobResources"),
        ("proxy", "its resources"),
    ],
)
def test_kill_for_memory_names_the_limit_and_the_field_to_raise(name: str, field: str) -> None:
    ended = {"name": name, "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
    limits = {"proxy": "64Mi", "serve": "2Gi", "fetch": "3Gi", "check": "4Gi"}
    first, *others = (
        {"name": one, "resources": {"limits": {"memory": limit}}} for one, limit in limits.items()
    )
    limited = {**pod(), "spec": {"initContainers": [first], "containers": others}}
    assert how_it_ended(limited, ended) == (
        f"killed for memory: its limit is {limits[name]}; raise {field}.limits.memory"
    )
    unlimited = {**pod(), "spec": {"containers": [{"name": name, "resources": {}}]}}
    words = f"killed for memory: the node ran out of it; raise {field}.requests.memory"
    assert how_it_ended(unlimited, ended) == words
    assert how_it_ended(pod(), ended) == words
