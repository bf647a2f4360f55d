"""Routes on a real API server that knows the Gateway API, under the operator's own rights."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.kube.kinds import DEPLOYMENT, GRPC_ROUTE, HTTP_ROUTE, VOICE_SERVICE, Kind
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.state.plan import Capabilities
from support.kubernetes.api_server import ApiServer
from support.operator.operating import SteppedOperator, connected, create_demo, found, grant

ROUTE: dict[str, Any] = {
    "parentRefs": [{"name": "speech", "namespace": "gateways", "sectionName": "https"}],
    "hostnames": ["speech.example.com"],
    "path": "/narrator",
    "grpc": {"hostnames": ["grpc.example.com"]},
    "annotations": {"example.com/owner": "speech"},
}


@pytest.fixture
async def stepped(with_gateways: ApiServer, namespace: str) -> AsyncIterator[SteppedOperator]:
    """An operator that has only its own rights, and has looked for the kinds of Routes."""
    account = grant(with_gateways, namespace, cluster_wide=False)
    async with connected(account) as client:
        cluster = KubernetesCluster(client)
        operator = SteppedOperator(cluster, namespace)
        known = [kind for kind in (HTTP_ROUTE, GRPC_ROUTE) if await cluster.knows(kind)]
        assert known == [HTTP_ROUTE, GRPC_ROUTE]
        operator.reconciler.capabilities = Capabilities(frozenset(known))
        yield operator


def answer(server: ApiServer, kind: Kind, namespace: str, reason: str, status: str) -> None:
    """Writes what a Gateway's controller writes, as the definition demands it."""
    path = kind.path(namespace, "narrator")
    route = server.send("GET", path)
    told = {
        "observedGeneration": route["metadata"]["generation"],
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "message": "in the controller's words",
    }
    conditions = [
        {"type": "Accepted", "status": status, "reason": reason, **told},
        {"type": "ResolvedRefs", "status": "True", "reason": "ResolvedRefs", **told},
    ]
    parent = {
        "parentRef": route["spec"]["parentRefs"][0],
        "controllerName": "example.com/controller",
        "conditions": conditions,
    }
    server.send("PUT", f"{path}/status", {**route, "status": {"parents": [parent]}})


def accepted(server: ApiServer, namespace: str) -> tuple[str, str]:
    resource = found(server, VOICE_SERVICE, namespace, "narrator") or {}
    conditions = {one["type"]: one for one in resource["status"]["conditions"]}
    return conditions["RouteAccepted"]["status"], conditions["RouteAccepted"]["reason"]


async def test_routes_are_applied_and_what_gateways_say_of_them_is_reported(
    with_gateways: ApiServer, namespace: str, stepped: SteppedOperator
) -> None:
    create_demo(with_gateways, namespace, route=ROUTE)
    await stepped.settle()
    assert accepted(with_gateways, namespace) == ("Unknown", "Pending")
    http, grpc = (
        found(with_gateways, kind, namespace, "narrator") for kind in (HTTP_ROUTE, GRPC_ROUTE)
    )
    assert http is not None
    assert grpc is not None
    assert http["spec"]["rules"][0]["timeouts"] == {"request": "0s"}
    assert grpc["spec"]["rules"][0]["backendRefs"][0]["port"] == 50051
    answer(with_gateways, HTTP_ROUTE, namespace, "Accepted", "True")
    answer(with_gateways, GRPC_ROUTE, namespace, "NotAllowedByListeners", "False")
    await stepped.settle()
    assert accepted(with_gateways, namespace) == ("False", "NotAllowedByListeners")
    answer(with_gateways, GRPC_ROUTE, namespace, "Accepted", "True")
    await stepped.settle()
    assert accepted(with_gateways, namespace) == ("True", "Accepted")


async def test_a_second_reconcile_writes_no_route_again(
    with_gateways: ApiServer, namespace: str, stepped: SteppedOperator
) -> None:
    create_demo(with_gateways, namespace, route=ROUTE)
    await stepped.settle()
    before = [
        found(with_gateways, kind, namespace, "narrator") for kind in (HTTP_ROUTE, GRPC_ROUTE)
    ]
    await stepped.reconciler.reconcile(Key(namespace, "narrator"))
    after = [found(with_gateways, kind, namespace, "narrator") for kind in (HTTP_ROUTE, GRPC_ROUTE)]
    assert after == before


async def test_a_route_that_is_not_wanted_is_deleted(
    with_gateways: ApiServer, namespace: str, stepped: SteppedOperator
) -> None:
    create_demo(with_gateways, namespace, route=ROUTE)
    await stepped.settle()
    path = VOICE_SERVICE.path(namespace, "narrator")
    resource = with_gateways.send("GET", path)
    with_gateways.send("PUT", path, {**resource, "spec": {**resource["spec"], "route": None}})
    await stepped.settle()
    for kind in (HTTP_ROUTE, GRPC_ROUTE):
        assert found(with_gateways, kind, namespace, "narrator") is None


async def test_without_the_kinds_all_else_is_made(defined: ApiServer, namespace: str) -> None:
    create_demo(defined, namespace, route=ROUTE)
    async with connected(grant(defined, namespace, cluster_wide=False)) as client:
        await SteppedOperator(KubernetesCluster(client), namespace).settle()
    assert found(defined, DEPLOYMENT, namespace, "narrator") is not None
    assert accepted(defined, namespace) == ("False", "GatewayAPIMissing")
