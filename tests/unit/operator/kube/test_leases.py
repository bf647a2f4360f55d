"""What an operator's Lease says of it."""

from typing import Any

import pytest

from nemo_voice_operator.kube.kinds import LEASE, Reference
from nemo_voice_operator.kube.leases import (
    WATCHES_ANNOTATION,
    duration_s,
    holder_of,
    is_watched,
    lease_of,
    operator_name,
    scope_of,
)


def lease(scope: str | None = None, **spec: Any) -> dict[str, Any]:
    annotations = {} if scope is None else {WATCHES_ANNOTATION: scope}
    return {"metadata": {"annotations": annotations}, "spec": spec}


def test_an_operators_name_leads_to_its_lease() -> None:
    name = operator_name("voice")
    assert name == "voice/nemo-voice-operator"
    assert lease_of(name) == Reference(LEASE, "voice", "nemo-voice-operator")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "voice",
        "voice/",
        "/nemo-voice-operator",
        "voice/../../secrets/a",
        "../a",
        "a/b?c",
        "A/b",
    ],
)
def test_what_is_no_operators_name_leads_to_no_lease(name: str) -> None:
    assert lease_of(name) is None


@pytest.mark.parametrize(
    ("watched", "inside", "outside"),
    [((), ["speech", "demo"], []), (("speech", "demo"), ["speech", "demo"], ["speec", "other"])],
)
def test_watched_namespaces_are_those_of_the_annotation(
    watched: tuple[str, ...], inside: list[str], outside: list[str]
) -> None:
    said = lease(scope_of(watched))
    assert all(is_watched(said, namespace) for namespace in inside)
    assert not any(is_watched(said, namespace) for namespace in outside)


@pytest.mark.parametrize("said", [lease(), lease(""), {"metadata": {}}])
def test_a_lease_that_says_nothing_is_of_an_operator_that_watches_everything(said: Any) -> None:
    assert is_watched(said, "speech")


def test_a_released_lease_has_no_holder() -> None:
    assert holder_of(lease(holderIdentity="one")) == "one"
    assert holder_of(lease(holderIdentity="")) == holder_of({"metadata": {}}) == ""


def test_a_lease_without_a_duration_has_the_given_one() -> None:
    assert duration_s(lease(leaseDurationSeconds=30), 15) == 30
    assert duration_s({"metadata": {}}, 15) == 15
