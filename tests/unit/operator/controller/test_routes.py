"""Routes as a reconcile makes and reports them."""

import pytest

from nemo_voice_operator.kube.kinds import GRPC_ROUTE, HTTP_ROUTE
from nemo_voice_operator.state.plan import Capabilities
from support.operator.scenes import Scene

ROUTE = {"parentRefs": [{"name": "speech"}], "grpc": {"hostnames": ["grpc.example.com"]}}


@pytest.fixture
def routed(scene: Scene) -> Scene:
    """A VoiceService with a route, in a cluster that knows the Gateway API."""
    scene.reconciler.capabilities = Capabilities(frozenset({HTTP_ROUTE, GRPC_ROUTE}))
    scene.apply(route=ROUTE)
    scene.settle()
    return scene


def accept(scene: Scene, kind: str, status: str, reason: str) -> None:
    """Writes what a Gateway's controller writes."""
    conditions = [
        {"type": "Accepted", "status": status, "reason": reason, "message": "as the Gateway says"},
        {"type": "ResolvedRefs", "status": "True", "reason": "ResolvedRefs"},
    ]
    parent = {"parentRef": {"name": "speech"}, "conditions": conditions}
    scene.cluster.change(kind, "narrator", status={"parents": [parent]})


def told(scene: Scene) -> list[tuple[object, object]]:
    return [(event["type"], event["reason"]) for event in scene.cluster.events]


def test_without_the_gateway_api_all_else_is_made_and_the_reason_is_told(scene: Scene) -> None:
    scene.apply(route=ROUTE)
    scene.settle()
    assert scene.cluster.names("Deployment") == ["narrator"]
    assert scene.cluster.names("HTTPRoute") == []
    assert scene.condition("RouteAccepted") == ("False", "GatewayAPIMissing")
    assert scene.condition("Degraded")[0] == "False"
    assert ("Warning", "GatewayAPIMissing") in told(scene)


def test_routes_are_accepted_when_every_gateway_says_so(routed: Scene) -> None:
    assert routed.cluster.names("HTTPRoute") == routed.cluster.names("GRPCRoute") == ["narrator"]
    assert routed.condition("RouteAccepted") == ("Unknown", "Pending")
    accept(routed, "HTTPRoute", "True", "Accepted")
    routed.settle()
    assert routed.condition("RouteAccepted") == ("Unknown", "Pending")
    accept(routed, "GRPCRoute", "True", "Accepted")
    routed.settle()
    assert routed.condition("RouteAccepted") == ("True", "Accepted")
    assert ("Normal", "RouteAccepted") in told(routed)


def test_a_refused_route_is_told_once_and_read_again(routed: Scene) -> None:
    accept(routed, "HTTPRoute", "False", "NotAllowedByListeners")
    routed.settle()
    assert routed.condition("RouteAccepted") == ("False", "NotAllowedByListeners")
    assert told(routed).count(("Warning", "NotAllowedByListeners")) == 1
    assert routed.reconcile() == 2.0


def test_a_route_that_is_not_wanted_any_more_is_deleted_with_its_condition(routed: Scene) -> None:
    routed.apply(route=None)
    routed.settle()
    assert routed.cluster.names("HTTPRoute") == routed.cluster.names("GRPCRoute") == []
    assert "RouteAccepted" not in {one["type"] for one in routed.status()["conditions"]}


def test_a_deleted_route_is_made_again(routed: Scene) -> None:
    del routed.cluster.objects["HTTPRoute", "speech", "narrator"]
    routed.settle()
    assert routed.cluster.names("HTTPRoute") == ["narrator"]


def test_suspending_removes_the_headless_service_alone(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.apply(suspend=True)
    scene.settle()
    assert scene.cluster.names("Service") == ["narrator"]
