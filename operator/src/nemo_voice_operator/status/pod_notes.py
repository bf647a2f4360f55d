"""What Events tell of a pod that waits, and of what ended or restarted its containers.

Many a failure passes: a kubelet's cache that is not filled yet, a volume that is still elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from nemo_voice_operator.kube.events import Note
from nemo_voice_operator.kube.objects import Object, moment_of
from nemo_voice_operator.status.crash_loops import last_end

_PASSES_S = 30.0
"""A note that names no missing thing is reported only of a pod that has waited for so long."""
_REPEATED = timedelta(minutes=10)
"""A kubelet repeats what still fails within this time, though it limits its Events."""
_NAMES_WHAT_IS_MISSING = re.compile("not found|non-existent|does not exist|no such|no runtime for")
_OF_THE_CACHE = re.compile("not registered|failed to sync [a-z]+ cache")
"""The kubelet has not read the object yet; if there is none, it says so next."""
_OTHERWISE_TOLD = frozenset({"FailedScheduling", "FailedToRetrieveImagePullSecret"})
_GOES_ON = frozenset({"Pulling", "Pulled", "Created", "Started"})
"""Said when every volume is mounted: what failed before is over."""
_PULL_SECRET = "FailedToRetrieveImagePullSecret"  # noqa: S105 a reason
_KILL_DELAY = timedelta(seconds=5)
_CONNECTION = re.compile(r"[0-9a-f.:\[\]]+->")
"""The prober's own end of a connection, another one at each try."""


def why_not_started(pod: Object, notes: Sequence[Note], now: datetime) -> Note | None:
    """Returns what keeps the kubelet from starting a pod that has a node.

    Args:
        pod: The pod, none of whose containers has begun.
        notes: Its Events.
        now: The time.
    """
    created = moment_of(pod["metadata"].get("creationTimestamp"))
    is_long = created is not None and (now - created).total_seconds() >= _PASSES_S
    started = [note.last for note in notes if note.reason in _GOES_ON]
    attached = [note.last for note in notes if note.reason == "SuccessfulAttachVolume"]
    hindered = [
        note
        for note in notes
        if _hinders(note)
        and now - note.last <= _REPEATED
        and not any(moment >= note.last for moment in started)
        and not (note.reason == "FailedAttachVolume" and any(t >= note.last for t in attached))
    ]
    named = [note for note in hindered if _NAMES_WHAT_IS_MISSING.search(note.text)]
    return next(reversed(named or (hindered if is_long else [])), None)


def _hinders(note: Note) -> bool:
    is_failure = note.reason.startswith("Failed") or note.reason == "NetworkNotReady"
    is_known = note.reason in _OTHERWISE_TOLD or _OF_THE_CACHE.search(note.text) is not None
    return note.is_warning and is_failure and not is_known


def step_of_start(notes: Sequence[Note]) -> str:
    """Returns what the kubelet does to start a pod, such as pulling an image; empty if unknown."""
    steps = [note for note in notes if note.reason in _GOES_ON]
    return steps[-1].text if steps else ""


def missing_pull_secret(notes: Sequence[Note]) -> str:
    """Returns which Secret an image is pulled without; empty where none is missing."""
    return next((note.text for note in reversed(notes) if note.reason == _PULL_SECRET), "")


def probes_answer(notes: Sequence[Note], kind: str, *, until: datetime | None = None) -> str:
    """Returns what a probe of this kind found last: `liveness`, `readiness` or `startup`."""
    found = [
        note.text
        for note in notes
        if note.reason == "Unhealthy"
        and note.text.startswith(f"{kind.capitalize()} probe")
        and (until is None or note.last <= until)
    ]
    return _CONNECTION.sub("", found[-1].partition(": ")[2]) if found else ""


def killing_probe(container: Mapping[str, Any], notes: Sequence[Note]) -> str | None:
    """Returns the probe for which the kubelet ended the container's last run, with its answer."""
    name, ended = container.get("name", ""), last_end(container)
    began, finished = moment_of(ended.get("startedAt")), moment_of(ended.get("finishedAt"))
    for note in reversed(notes):
        killed = re.match(rf"Container {re.escape(name)} failed (\w+) probe", note.text)
        if note.reason != "Killing" or killed is None:
            continue
        is_earlier = began is not None and note.last < began
        is_later = finished is not None and note.last > finished + _KILL_DELAY
        if is_earlier or is_later:
            continue
        kind = killed[1]
        answer = probes_answer(notes, kind, until=note.last + _KILL_DELAY)
        return f"{kind} probe: {answer}" if answer else f"{kind} probe"
    return None
