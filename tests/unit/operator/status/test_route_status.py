"""Whether Gateways have accepted the Routes, in their own words."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from nemo_voice_operator.api.status import Condition, Status
from nemo_voice_operator.kube.kinds import GRPC_ROUTE, HTTP_ROUTE, Kind
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Capabilities
from nemo_voice_operator.status.condition_times import UndatedCondition
from nemo_voice_operator.status.route_status import route_condition, route_wait_s
from support.operator.observations import NOW, condition
from support.operator.voice_services import voice_service

GATEWAY = {"name": "speech", "sectionName": "https"}
BOTH = {HTTP_ROUTE, GRPC_ROUTE}
ACCEPTED = (condition("Accepted", reason="Accepted"), condition("ResolvedRefs"))


def parent(*conditions: dict[str, Any], **reference: Any) -> dict[str, Any]:
    """What a controller says of one reference to a Gateway."""
    told = {"group": "gateway.networking.k8s.io", "kind": "Gateway", **GATEWAY, **reference}
    return {"parentRef": told, "controllerName": "example.com/x", "conditions": list(conditions)}


def route(kind: Kind, *parents: dict[str, Any], generation: int = 1) -> dict[str, Any]:
    metadata = {"name": "narrator", "namespace": "speech", "generation": generation}
    return {"kind": kind.name, "metadata": metadata, "status": {"parents": list(parents)}}


def told(
    *routes: dict[str, Any], known: set[Kind] = BOTH, grpc: bool = False, **spec: Any
) -> UndatedCondition:
    """The condition of a VoiceService with these Routes in the cluster."""
    asked = {"parentRefs": [GATEWAY], **({"grpc": {"hostnames": ["g.example"]}} if grpc else {})}
    observed = Observed(
        routes={one["kind"]: one for one in routes}, capabilities=Capabilities(frozenset(known))
    )
    found = route_condition(voice_service(route={**asked, **spec}), observed)
    assert found is not None
    return found


def test_without_a_route_there_is_no_condition() -> None:
    assert route_condition(voice_service(), Observed()) is None


def test_accepted_by_the_gateway() -> None:
    found = told(route(HTTP_ROUTE, parent(*ACCEPTED)))
    assert (found.holds, found.reason) == (True, "Accepted")
    assert found.message == "HTTPRoute at Gateway speech/speech: accepted"


@pytest.mark.parametrize("known", [set(), {HTTP_ROUTE}])
def test_a_cluster_that_lacks_a_kind_is_told_how_to_get_it(known: set[Kind]) -> None:
    accepted = route(HTTP_ROUTE, parent(*ACCEPTED))
    found = told(*([accepted] if known else []), known=known, grpc=True)
    missing = "GRPCRoute" if known else "HTTPRoute"
    assert (found.holds, found.reason) == (False, "GatewayAPIMissing")
    assert f"does not know {missing} of gateway.networking.k8s.io/v1" in found.message


def test_a_refusal_has_the_gateways_reason_and_words() -> None:
    refused = condition(
        "Accepted", "False", reason="NotAllowedByListeners", message="no listener admits it"
    )
    found = told(route(HTTP_ROUTE, parent(refused, ACCEPTED[1])))
    assert (found.holds, found.reason) == (False, "NotAllowedByListeners")
    assert found.message.endswith("Gateway speech/speech: no listener admits it")


def test_a_backend_that_the_gateway_cannot_use_counts_as_not_accepted() -> None:
    refused = condition("ResolvedRefs", "False", reason="UnsupportedProtocol", message="ws")
    found = told(route(HTTP_ROUTE, parent(ACCEPTED[0], refused)))
    assert (found.holds, found.reason) == (False, "UnsupportedProtocol")


@pytest.mark.parametrize(
    "reported",
    [
        (),
        (parent(*ACCEPTED, name="another"),),
        (parent(*ACCEPTED, namespace="elsewhere"),),
        (parent(*ACCEPTED, sectionName="http"),),
        (parent(*ACCEPTED, port=443),),
        (parent(),),
        (parent(ACCEPTED[0]),),
        (parent(condition("Accepted", "Unknown", reason="Pending")),),
    ],
)
def test_what_nobody_has_answered_yet_is_unknown(reported: tuple[dict[str, Any], ...]) -> None:
    found = told(route(HTTP_ROUTE, *reported))
    assert (found.holds, found.reason) == (None, "Pending")


def test_an_answer_to_an_older_route_is_none() -> None:
    seen = [{**one, "observedGeneration": 1} for one in ACCEPTED]
    assert told(route(HTTP_ROUTE, parent(*seen), generation=1)).holds is True
    assert told(route(HTTP_ROUTE, parent(*seen), generation=2)).holds is None


def test_a_route_that_does_not_exist_yet_is_unknown() -> None:
    found = told()
    assert (found.holds, found.message) == (None, "the HTTPRoute does not exist yet")


def test_every_parent_and_every_route_must_accept() -> None:
    second = condition("Accepted", "False", reason="NoMatchingListenerHostname")
    both = [GATEWAY, {"name": "inner", "namespace": "inside"}]
    inner = parent(second, ACCEPTED[1], name="inner", namespace="inside")
    del inner["parentRef"]["sectionName"]
    found = told(route(HTTP_ROUTE, parent(*ACCEPTED), inner), parentRefs=both)
    assert found.reason == "NoMatchingListenerHostname"
    assert "Gateway inside/inner" in found.message
    grpc = route(GRPC_ROUTE, parent(second, ACCEPTED[1]))
    found = told(route(HTTP_ROUTE, parent(*ACCEPTED)), grpc, grpc=True)
    assert found.message.startswith("GRPCRoute at Gateway speech/speech")


def test_a_refusal_counts_before_what_is_not_known_yet() -> None:
    refused = condition("Accepted", "False", reason="UnsupportedValue")
    found = told(route(HTTP_ROUTE), route(GRPC_ROUTE, parent(refused)), grpc=True)
    assert (found.holds, found.reason) == (False, "UnsupportedValue")


def test_one_of_several_controllers_that_refuses_counts() -> None:
    refused = condition("Accepted", "False", reason="UnsupportedValue", message="timeouts")
    found = told(route(HTTP_ROUTE, parent(*ACCEPTED), parent(refused)))
    assert (found.holds, found.reason) == (False, "UnsupportedValue")


@pytest.mark.parametrize(
    ("status", "reason", "wait_s"),
    [
        ("True", "Accepted", None),
        ("False", "GatewayAPIMissing", None),
        ("Unknown", "Pending", 10.0),
        ("False", "NotAllowedByListeners", 10.0),
    ],
)
def test_routes_are_read_again_until_they_are_accepted(
    status: Any, reason: str, wait_s: float | None
) -> None:
    known = Condition(type="RouteAccepted", status=status, reason=reason, last_transition_time=NOW)
    later = datetime.fromisoformat(NOW) + timedelta(seconds=200)
    assert route_wait_s(Status(conditions=(known,)), later) == wait_s


def test_without_a_route_nothing_is_read_again() -> None:
    assert route_wait_s(Status(), datetime.fromisoformat(NOW)) is None
