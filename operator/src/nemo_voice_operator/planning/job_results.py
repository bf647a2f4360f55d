"""Reads the results that a Job's pods leave: what they downloaded, or why they failed.

The services write them into the termination message, which may be missing, cut or malformed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nemo_voice_operator.api.service_contract import REFUSALS
from nemo_voice_operator.api.status import (
    MAX_KIND_CHARS,
    MAX_LANGUAGE_CHARS,
    MAX_LANGUAGES,
    MAX_SPEAKERS,
)
from nemo_voice_operator.kube.events import notes_of, steady
from nemo_voice_operator.kube.objects import Object, condition_of, holds, moment_of
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import VerifiedCheckpoint

RETRY_S = 300.0
"""Seconds until a download without a result is tried anew: what it lacked may be there now."""
_MOST_BYTES = 2**53  # the API server keeps no larger number exactly
_MOST_SECONDS = 1e9
_CREATED_S = 30.0
"""A pod is created within seconds of its Job."""
_HAD_PODS = ("active", "failed", "succeeded", "uncountedTerminatedPods")
"""Fields of a Job's status that are there once it has had a pod."""
_REFUSED = "FailedCreate"


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a download or a preflight failed."""

    reason: str
    message: str
    checkpoint: str = ""
    """Which checkpoint could not be had, `model` or `vocoder`; empty where it is not known."""


def checkpoints_of(pod: Object) -> dict[str, VerifiedCheckpoint]:
    """Returns the checkpoints that a cache Job's pod reports, by role; none if malformed."""
    try:
        listed = result_of(pod)["checkpoints"]
        return {str(one["role"]): _checkpoint_of(one) for one in listed}
    except (LookupError, TypeError, ValueError, OverflowError):
        return {}


def _checkpoint_of(reported: Mapping[str, Any]) -> VerifiedCheckpoint:
    if not (reported["revision"] and reported["sha256"]):
        raise ValueError("a checkpoint without an identity verifies nothing")
    size = int(reported["bytes"])
    if not 0 <= size <= _MOST_BYTES:
        raise ValueError("no number of bytes that the status can hold")
    return VerifiedCheckpoint(
        source=str(reported["source"]),
        revision=str(reported["revision"]),
        sha256=str(reported["sha256"]),
        bytes=size,
        directory=str(reported["directory"] or ""),
        kind=_kind_of(reported.get("kind")),
        languages=_languages_of(reported.get("languages")),
        speakers=_speakers_of(reported.get("speakers")),
    )


def _kind_of(reported: object) -> str | None:
    """Returns the kind; None where an older service reports none, or it is nothing of the sort."""
    is_name = isinstance(reported, str) and 0 < len(reported) <= MAX_KIND_CHARS
    return str(reported) if is_name else None


def _languages_of(reported: object) -> tuple[str, ...]:
    if not isinstance(reported, list) or len(reported) > MAX_LANGUAGES:
        return ()
    are_codes = all(isinstance(one, str) and 0 < len(one) <= MAX_LANGUAGE_CHARS for one in reported)
    return tuple(reported) if are_codes else ()


def _speakers_of(reported: object) -> int | None:
    if not isinstance(reported, int) or isinstance(reported, bool):
        return None
    return reported if 1 <= reported <= MAX_SPEAKERS else None


def seconds_of(pod: Object) -> float:
    """Returns the seconds that a cache Job's pod reports; 0 where it reports none that can be."""
    seconds = result_of(pod).get("seconds")
    if isinstance(seconds, int | float) and 0 <= seconds < _MOST_SECONDS:
        return float(seconds)
    return 0.0


def result_of(pod: Object) -> Mapping[str, Any]:
    """Returns the result in a pod's termination message; empty where there is none."""
    for container in pod.get("status", {}).get("containerStatuses") or ():
        message = container.get("state", {}).get("terminated", {}).get("message")
        if message:
            try:
                result = json.loads(message)
            except (ValueError, RecursionError):
                continue
            if isinstance(result, Mapping):
                return result
    return {}


def cache_failure(observed: Observed) -> JobFailure | None:
    """Returns why the newest try to download failed, if it did."""
    if failure := reported_failure(observed.job_pods):
        return failure
    failed = condition_of(observed.job, "Failed")
    if failed is not None and failed["status"] == "True":
        return JobFailure(failed.get("reason", "JobFailed"), failed.get("message", ""))
    return None


def no_pod_yet(
    job: Object | None,
    pods: Sequence[Object],
    events: Mapping[str, Sequence[Object]],
    now: datetime,
) -> JobFailure | None:
    """Returns why a Job's pods cannot be created, or that it has had none for too long.

    A quota, a LimitRange, Pod Security or a missing ServiceAccount, which Events alone report.

    Args:
        job: The Job.
        pods: Its pods.
        events: Events of objects that wait, by their uid.
        now: The time.
    """
    if job is None or pods or any(holds(job, end) for end in ("Complete", "Failed")):
        return None
    status, metadata = job.get("status", {}), job["metadata"]
    # A Job that had pods waits for its next try; a suspended one has not begun.
    if job["spec"].get("suspend") or any(status.get(name) for name in _HAD_PODS):
        return None
    said = [note for note in notes_of(events.get(str(metadata.get("uid")), ())) if note.is_warning]
    if refused := [note.text for note in said if note.reason == _REFUSED]:
        return JobFailure(_REFUSED, f"Job {metadata['name']}: {steady(refused[-1])}")
    began = moment_of(status.get("startTime") or metadata.get("creationTimestamp"))
    if began is None or (now - began).total_seconds() < _CREATED_S:
        return None
    message = (
        f"Job {metadata['name']} has had no pod for more than {_CREATED_S:.0f} s; its Events say "
        "why: a quota, a LimitRange, Pod Security or a ServiceAccount, perhaps"
    )
    return JobFailure(_REFUSED, message)


def reported_failure(pods: Iterable[Object]) -> JobFailure | None:
    """Returns the failure that the newest of a Job's pods with a result reports."""
    tries = sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    for pod in reversed(tries):
        error = result_of(pod).get("error")
        # Without a result, the message is the end of the container's log, which may hold anything.
        if isinstance(error, Mapping) and error.get("reason"):
            message, role = str(error.get("message", "")), str(error.get("checkpoint", ""))
            return JobFailure(str(error["reason"]), message, role)
    return None


def is_refused(pods: Iterable[Object]) -> bool:
    """Returns whether a download ended because another try would be refused as well."""
    failure = reported_failure(pods)
    return failure is not None and failure.reason in REFUSALS


def is_stale(job: Object, pods: Sequence[Object], now: datetime) -> bool:
    """Returns whether a download ended without a result so long ago that another one is due.

    One that succeeded has none when its pod was deleted before its result was read. A checkpoint
    that was refused stays so, until the spec or the refresh annotation makes it another download.
    """
    if is_refused(pods):
        return False
    for kind in ("Failed", "Complete"):
        ended = condition_of(job, kind) or {}
        if ended.get("status") == "True":
            since = moment_of(ended.get("lastTransitionTime"))
            is_old = since is None or (now - since).total_seconds() > RETRY_S
            return is_old and not any(map(checkpoints_of, pods))
    return False
