"""What the pods of a Job leave behind: what they brought, or why they failed. Pure.

A service's own words, which may be missing, cut or nonsense.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nemo_voice_operator.observed import Object, Observed, condition_of
from nemo_voice_operator.plan import ProvenCheckpoint


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a download, or a proof, failed."""

    reason: str
    message: str


def checkpoints_of(pod: Object) -> dict[str, ProvenCheckpoint]:
    """Returns what a cache Job's pod says that it brought, by role; nothing if it says nonsense."""
    try:
        listed = result_of(pod)["checkpoints"]
        return {str(one["role"]): _checkpoint_of(one) for one in listed}
    except (LookupError, TypeError, ValueError):
        return {}


def _checkpoint_of(told: Mapping[str, Any]) -> ProvenCheckpoint:
    if not (told["revision"] and told["sha256"]):
        raise ValueError("a checkpoint without an identity proves nothing")
    return ProvenCheckpoint(
        source=str(told["source"]),
        revision=str(told["revision"]),
        sha256=str(told["sha256"]),
        bytes=int(told["bytes"]),
        directory=str(told["directory"] or ""),
    )


def result_of(pod: Object) -> Mapping[str, Any]:
    """Returns what a cache Job's pod left in its termination message, or nothing."""
    for container in pod.get("status", {}).get("containerStatuses") or ():
        message = container.get("state", {}).get("terminated", {}).get("message")
        if message:
            try:
                told = json.loads(message)
            except ValueError:
                continue
            if isinstance(told, Mapping):
                return told
    return {}


def cache_failure(observed: Observed) -> JobFailure | None:
    """Returns why the newest try to download failed, if it did."""
    if told := failure_told_by(observed.job_pods):
        return told
    failed = condition_of(observed.job, "Failed")
    if failed is not None and failed["status"] == "True":
        return JobFailure(failed.get("reason", "JobFailed"), failed.get("message", ""))
    return None


def failure_told_by(pods: Iterable[Object]) -> JobFailure | None:
    """Returns why a Job's newest pod that says so failed."""
    tries = sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    for pod in reversed(tries):
        error = result_of(pod).get("error")
        # Without a result, the container's last words are its log, whose fields are anything.
        if isinstance(error, Mapping) and error.get("reason"):
            return JobFailure(str(error["reason"]), str(error.get("message", "")))
    return None
