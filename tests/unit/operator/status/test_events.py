"""Events: one for each change of a VoiceService's conditions, none for a repetition."""

import re
from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.status.events import events_between
from support.operator.observations import condition
from support.operator.voice_services import voice_service

NOW = "2026-01-01T12:00:00.000001Z"


def status(*conditions: str, decision: int | None = None, **load: str) -> Status:
    """A status of conditions like `Ready True Serving`, each with a message."""
    listed = []
    for text in conditions:
        kind, holds, reason = text.split()
        listed.append(
            condition(kind, holds, reason=reason, message=f"why {reason}", last_transition_time="t")
        )
    reported = {"decision": decision, **load} if decision is not None or load else None
    return Status.model_validate({"conditions": listed, "load": reported})


def between(before: Status, after: Status, **service: Any) -> list[Manifest]:
    resource = voice_service(**service).model_copy(update={"status": before})
    return list(events_between(resource, after, now=NOW, reporter="operator-1"))


def reported(before: Status, after: Status) -> list[tuple[Any, Any, Any]]:
    return [(event["type"], event["reason"], event["note"]) for event in between(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], ["ModelCached True Cached"], [("Normal", "ModelCached", "why Cached")]),
        ([], ["ModelCached True InImage"], []),
        (["ModelCached True Cached"], ["ModelCached True SingleNodeVolume"], []),
        (
            ["ModelCached False Downloading"],
            ["ModelCached True Cached"],
            [("Normal", "ModelCached", "why Cached")],
        ),
        (
            ["Ready False Starting"],
            ["Ready True Serving"],
            [("Normal", "Ready", "why Serving")],
        ),
        (
            ["Ready True Serving"],
            ["Ready False CrashLoopBackOff"],
            [("Warning", "NotReady", "CrashLoopBackOff: why CrashLoopBackOff")],
        ),
        ([], ["Degraded True Evicted"], [("Warning", "Evicted", "why Evicted")]),
        (
            ["Degraded True Evicted"],
            ["Degraded True OOMKilled"],
            [("Warning", "OOMKilled", "why OOMKilled")],
        ),
        (
            ["Degraded True Evicted"],
            ["Degraded False AsExpected"],
            [("Normal", "Recovered", "Evicted is over")],
        ),
        (["Ready True Serving"], ["Ready True Serving"], []),
        (["Degraded True Evicted"], ["Degraded True Evicted"], []),
        ([], ["Ready False Starting"], []),
        (["Ready False Starting"], ["Ready False Loading"], []),
        ([], ["Degraded False AsExpected"], []),
        (["Degraded False A"], ["Degraded False B"], []),
        ([], ["Progressing True RollingOut", "WarmedUp True SelfTestPassed"], []),
    ],
)
def test_change_of_a_condition_is_one_event(
    before: list[str], after: list[str], expected: list[tuple[str, str, str]]
) -> None:
    assert reported(status(*before), status(*after)) == expected


def test_changed_message_alone_is_no_event() -> None:
    before, after = status("Ready True Serving"), status("Ready True Serving")
    (one,) = after.conditions
    changed = after.model_copy(
        update={"conditions": (one.model_copy(update={"message": "2 of 2 pods are ready"}),)}
    )
    assert reported(before, changed) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (status(decision=1), status(decision=3, message="for load"), "from 1 to 3 replicas: for"),
        (status(decision=3), status(decision=1, reason="LoadFell"), "from 3 to 1 replicas: LoadF"),
        (status(decision=3), status(decision=3, message="other words"), None),
        (status(), status(decision=3), None),
        (status(reason="no decision"), status(decision=3), None),
        (status(decision=3), status(), None),
        (status(decision=3), status(reason="no decision"), None),
    ],
)
def test_changed_scaling_decision_is_an_event(
    before: Status, after: Status, expected: str | None
) -> None:
    found = reported(before, after)
    if expected is None:
        assert found == []
    else:
        ((kind, reason, note),) = found
        assert (kind, reason) == ("Normal", "Scaled")
        assert note.startswith(expected)


def test_event_names_are_valid_and_unique_and_notes_are_cut() -> None:
    after = status("ModelCached True Cached", "Ready True Serving", "Degraded True Evicted")
    long = [one.model_copy(update={"message": "x" * 4000}) for one in after.conditions]
    silent = long[1].model_copy(update={"message": ""})
    listed = (long[0], silent, long[2])
    events = between(Status(), after.model_copy(update={"conditions": listed}))
    names = [str(event["metadata"]["name"]) for event in events]  # type: ignore[index,call-overload]
    assert len({*names}) == 3
    assert all(re.fullmatch(r"narrator\.[0-9a-f]{16}", name) for name in names)
    assert [len(str(event["note"])) for event in events] == [1024, len("Ready"), 1024]


@pytest.mark.parametrize("character", ["é", "\u2028", "\U0001f600", "\ud83d"])
def test_notes_and_reasons_are_cut_in_bytes_as_the_api_server_counts_them(character: str) -> None:
    (one,) = status("Degraded True Evicted").conditions
    long = one.model_copy(update={"reason": character * 128, "message": "x" + character * 1024})
    (event,) = between(Status(), Status(conditions=(long,)))
    for field, most in (("reason", 128), ("action", 128), ("note", 1024)):
        assert most - 4 < len(str(event[field]).encode()) <= most


def test_event_without_a_message_has_the_reason_as_note() -> None:
    before, after = status("Ready True Serving"), status("Ready False Starting")
    (one,) = after.conditions
    mute = after.model_copy(update={"conditions": (one.model_copy(update={"message": ""}),)})
    assert reported(before, mute) == [("Warning", "NotReady", "Starting")]


def test_event_names_resource_reporter_and_time() -> None:
    (event,) = between(Status(), status("Degraded True Evicted"))
    assert event["eventTime"] == NOW
    assert event["reportingController"] == "nemo-voice-operator"
    assert event["reportingInstance"] == "operator-1"
    assert event["action"] == "Evicted"
    regarding: Any = event["regarding"]
    assert (regarding["kind"], regarding["name"]) == ("VoiceService", "narrator")
    assert regarding["uid"] == "uid-of-narrator"


def test_the_same_event_of_two_resources_or_times_has_two_names() -> None:
    def name(resource: VoiceService, now: str) -> Any:
        after = status("Degraded True Evicted")
        (event,) = events_between(resource, after, now=now, reporter="r" * 300)
        assert len(str(event["reportingInstance"])) == 128
        metadata: Any = event["metadata"]
        return metadata["name"].rpartition(".")[2]

    resources = voice_service(), voice_service("reader")
    assert len({name(resource, now) for resource in resources for now in ("a", "b")}) == 4
