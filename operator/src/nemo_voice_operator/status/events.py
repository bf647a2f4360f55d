"""Events of a VoiceService: one for each change of its conditions, none for a repetition."""

import hashlib
from collections.abc import Iterator

from nemo_voice_operator.api import Metadata, VoiceService
from nemo_voice_operator.api.status import Condition, Status
from nemo_voice_operator.kube.kinds import EVENT, VOICE_SERVICE
from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.status.condition_times import find_condition
from nemo_voice_operator.status.conditions import IN_IMAGE
from nemo_voice_operator.status.route_status import ROUTE_ACCEPTED

_MOST_NOTE_BYTES, _MOST_REASON_BYTES = 1024, 128  # the API's limits


def events_between(
    service: VoiceService, after: Status, *, now: str, reporter: str
) -> Iterator[Manifest]:
    """Yields the Events of the change from the old status to the new one.

    Args:
        service: The resource with its status so far.
        after: The status that follows.
        now: The time, in RFC 3339 with microseconds.
        reporter: Name of this replica of the operator.
    """
    before = service.status.conditions
    for condition in after.conditions:
        old = find_condition(before, condition.type)
        change = _change(condition, old)
        if change is None:
            continue
        kind, reason, note = change
        yield _event(service.metadata, kind, reason, note, now=now, reporter=reporter)
    if scaled := _scaled(service.status, after):
        yield _event(service.metadata, "Normal", "Scaled", scaled, now=now, reporter=reporter)


def event_about(
    resource: Object, kind: str, reason: str, note: str, *, now: str, reporter: str
) -> Manifest:
    """Returns an Event of a VoiceService, whether or not its spec is understood.

    Args:
        resource: The VoiceService as the API server returns it.
        kind: `Normal` or `Warning`.
        reason: Why, in one word.
        note: Why, for people.
        now: The time, in RFC 3339 with microseconds.
        reporter: Name of this replica of the operator.
    """
    metadata = Metadata.model_validate(resource["metadata"])
    return _event(metadata, kind, reason, note, now=now, reporter=reporter)


def warning_once(
    metadata: Metadata, reason: str, note: str, *, now: str, reporter: str
) -> Manifest:
    """Returns a warning whose name is the same at each repetition, which the API server refuses.

    Args:
        metadata: Of the VoiceService.
        reason: Why, in one word.
        note: Why, for people.
        now: The time, in RFC 3339 with microseconds.
        reporter: Name of this replica of the operator.
    """
    event = _event(metadata, "Warning", reason, note, now=now, reporter=reporter)
    name = _name(metadata, f"{metadata.generation} {reason} {note}")
    return {**event, "metadata": {"name": name, "namespace": metadata.namespace}}


def _change(condition: Condition, old: Condition | None) -> tuple[str, str, str] | None:
    """Returns type, reason and note of a changed condition's Event; None where it has none."""
    if old is not None and (old.status, old.reason) == (condition.status, condition.reason):
        return None
    was_true = old is not None and old.status == "True"
    if condition.type == "ModelCached" and (was_true or condition.reason == IN_IMAGE):
        return None  # nothing was downloaded
    why = ": ".join(filter(None, (condition.reason, condition.message)))
    changes = {
        ("ModelCached", "True"): ("Normal", "ModelCached", condition.message),
        ("Ready", "True"): ("Normal", "Ready", condition.message),
        ("Degraded", "True"): ("Warning", condition.reason, condition.message),
        (ROUTE_ACCEPTED, "True"): ("Normal", ROUTE_ACCEPTED, condition.message),
        (ROUTE_ACCEPTED, "False"): ("Warning", condition.reason, condition.message),
    }
    if was_true and old is not None:
        changes["Ready", "False"] = ("Warning", "NotReady", why)
        changes["Degraded", "False"] = ("Normal", "Recovered", f"{old.reason} is over")
    return changes.get((condition.type, condition.status))


def _scaled(before: Status, after: Status) -> str | None:
    load = after.load
    if load is None or load.decision is None or before.load is None:
        return None
    if before.load.decision in (None, load.decision):
        return None
    return f"from {before.load.decision} to {load.decision} replicas: {load.message or load.reason}"


def _event(
    metadata: Metadata, kind: str, reason: str, note: str, *, now: str, reporter: str
) -> Manifest:
    reason = _cut(reason, _MOST_REASON_BYTES)
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {"name": _name(metadata, f"{now} {reason}"), "namespace": metadata.namespace},
        "eventTime": now,
        "type": kind,
        "reason": reason,
        "note": _cut(note, _MOST_NOTE_BYTES) or reason,
        "action": reason,
        "reportingController": MANAGER,
        "reportingInstance": reporter[:128],
        "regarding": {
            "apiVersion": VOICE_SERVICE.api_version,
            "kind": VOICE_SERVICE.name,
            "name": metadata.name,
            "namespace": metadata.namespace,
            "uid": metadata.uid,
            "resourceVersion": metadata.resource_version,
        },
    }


def _name(metadata: Metadata, what: str) -> str:
    identity = f"{metadata.uid} {what}".encode(errors="replace")
    return f"{metadata.name}.{hashlib.sha256(identity).hexdigest()[:16]}"


def _cut(text: str, most_bytes: int) -> str:
    """Returns the text without the characters at its end that are beyond so many bytes."""
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore")
