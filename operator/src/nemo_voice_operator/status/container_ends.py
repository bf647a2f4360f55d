"""Says in words how a container ended: by which signal, for memory, by itself, and what it said."""

import signal
from collections.abc import Mapping, Sequence
from typing import Any

from nemo_voice_operator.api.pod_parts import CHECK, FETCH, SERVE
from nemo_voice_operator.kube.events import Note
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.status.crash_loops import last_end
from nemo_voice_operator.status.last_output import MOST_CHARS, last_error
from nemo_voice_operator.status.pod_notes import killing_probe

_OUT_OF_MEMORY = "OOMKilled"
_BY_STATUS = frozenset({"", "Error", "Completed"})
"""Reasons that say no more than the exit status does."""
_SIGNALLED = 128
_RESOURCES = {SERVE: "resources", FETCH: "jobResources", CHECK: "jobResources"}
"""The field of the spec that has the resources of each container of ours."""


def how_it_ended(pod: Object, container: Mapping[str, Any], notes: Sequence[Note] = ()) -> str:
    """Returns how a container ended last, with the last error of its output.

    Args:
        pod: Its pod, whose spec has its limits.
        container: Its status.
        notes: What was said of the pod, which tells whether a probe ended the container.
    """
    ended = last_end(container)
    if not ended:
        waiting = container.get("state", {}).get("waiting") or {}
        return str(waiting.get("message", ""))[:MOST_CHARS]
    code, reason = int(ended.get("exitCode") or 0), str(ended.get("reason", ""))
    if reason == _OUT_OF_MEMORY:
        return _out_of_memory(pod, str(container.get("name", "")))
    if probe := killing_probe(container, notes):
        return f"killed by the {probe}"
    how = _by_status(code) if reason in _BY_STATUS else f"{reason} with exit code {code}"
    # Who is killed has not failed: what it logged before is not why.
    is_killed = code == 0 or _signal_of(code) is not None
    error = last_error(str(ended.get("message", "")), only_at_end=is_killed)
    return f"{how}: {error}" if error else how


def _by_status(code: int) -> str:
    if code == 0:
        return "it ended by itself without an error (exit code 0), as after SIGTERM"
    if name := _signal_of(code):
        return f"killed by {name} (exit code {code})"
    return f"it ended with exit code {code}"


def _signal_of(code: int) -> str | None:
    """Returns the name of the signal that ended a process with this status, if one did."""
    try:
        return signal.Signals(code - _SIGNALLED).name
    except ValueError:
        return None


def _out_of_memory(pod: Object, name: str) -> str:
    """Returns that a container was killed for memory, and which field gives it more."""
    limit, field = _memory_limit(pod, name), _RESOURCES.get(name, "its resources")
    if limit:
        return f"killed for memory: its limit is {limit}; raise {field}.limits.memory"
    return f"killed for memory: the node ran out of it; raise {field}.requests.memory"


def _memory_limit(pod: Object, name: str) -> str | None:
    spec = pod.get("spec", {})
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    limits = [
        (one.get("resources", {}).get("limits") or {}).get("memory")
        for one in containers
        if one.get("name") == name
    ]
    return next((str(limit) for limit in limits if limit), None)
