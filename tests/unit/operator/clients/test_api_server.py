"""The API server's client: its requests, and its errors for responses, on a real connection."""

import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import ApiClient, Configuration

from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.clients.failures import failure_of
from nemo_voice_operator.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Refused,
    Unavailable,
    Unexplained,
)
from nemo_voice_operator.kube.kinds import DEPLOYMENT, POD, SERVICE_MONITOR, Reference
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.ownership import owner_references
from support.operator.observations import deployment, pod
from support.ports import free_port

OWNER: dict[str, Any] = {
    "apiVersion": "nemo-voice.dev/v1alpha1",
    "kind": "VoiceService",
    "metadata": {"name": "narrator", "namespace": "speech", "uid": "2"},
}
MANIFEST: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "narrator", "namespace": "speech"},
}
OWNED = "/api/v1/namespaces/speech/services/narrator"


@dataclass
class Asked:
    """One request that the server was sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class FakeApiServer:
    """Responds as a test wants, and records the requests."""

    response: Callable[[Asked], tuple[int, Any]] = lambda _: (200, {})
    requests: list[Asked] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        text = await request.text()
        requests = Asked(
            request.method,
            request.path,
            dict(request.query),
            dict(request.headers),
            json.loads(text) if text else None,
        )
        self.requests.append(requests)
        status, body = self.response(requests)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(status=status, body=sent, content_type="application/json")


@pytest.fixture
def api() -> FakeApiServer:
    """What the server does."""
    return FakeApiServer()


@pytest.fixture
async def cluster(
    api: FakeApiServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[KubernetesCluster]:
    """A client of the server, which runs."""
    # Every client reads the machine's certificates anew, which takes a tenth of a second.
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    async with TestServer(app) as server:
        configuration = Configuration(host=f"http://127.0.0.1:{server.port}")
        async with ApiClient(configuration) as client:
            yield KubernetesCluster(client)


def refusal(status: int, reason: str) -> tuple[int, Any]:
    return status, {"kind": "Status", "message": f"it is {reason}", "reason": reason}


async def test_apply_sends_the_manifest_with_owners_and_field_manager(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    api.response = lambda requests: (201, {**requests.body, "made": True})
    made = await cluster.apply(MANIFEST, [OWNER])
    assert made["made"]
    (requests,) = api.requests
    assert (requests.method, requests.path) == ("PATCH", OWNED)
    assert requests.headers["Content-Type"] == "application/apply-patch+yaml; charset=utf-8"
    assert requests.query == {
        "fieldManager": "nemo-voice-operator",
        "force": "true",
        "fieldValidation": "Strict",
    }
    (owner,) = requests.body["metadata"]["ownerReferences"]
    assert (owner["name"], owner["uid"], owner["controller"]) == ("narrator", "2", True)
    assert "ownerReferences" not in MANIFEST["metadata"], "the manifest itself stays as it was"


async def test_apply_without_owners_sends_no_owner_references(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    await cluster.apply(MANIFEST, [])
    assert api.requests[0].body == MANIFEST


def test_several_owners_are_sorted_and_none_is_the_controller() -> None:
    other = {**OWNER, "metadata": {"name": "reader", "uid": "1"}}
    both = owner_references([OWNER, other])
    assert both == owner_references([other, OWNER])
    assert [one["name"] for one in both] == ["reader", "narrator"]
    assert not any("controller" in one for one in both)


async def test_status_is_applied_with_the_uid_of_the_resource(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    await cluster.apply_status(OWNER, {"phase": "Ready"})
    (requests,) = api.requests
    path = "/apis/nemo-voice.dev/v1alpha1/namespaces/speech/voiceservices/narrator/status"
    assert (requests.method, requests.path) == ("PATCH", path)
    assert requests.body["metadata"] == {"name": "narrator", "uid": "2"}
    assert requests.body["status"] == {"phase": "Ready"}
    assert "spec" not in requests.body


async def test_status_that_cannot_be_applied_is_replaced(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    def response(asked: Asked) -> tuple[int, Any]:
        is_apply = "apply" in asked.headers["Content-Type"]
        return UNEXPLAINED if is_apply else (200, {"replaced": True})

    api.response = response
    assert await cluster.apply_status(OWNER, {"phase": "Failed"}) == {"replaced": True}
    applied, replaced = api.requests
    assert (replaced.method, replaced.path) == ("PATCH", applied.path)
    assert replaced.headers["Content-Type"] == "application/json-patch+json"
    assert replaced.query == {"fieldManager": "nemo-voice-operator"}
    assert replaced.body == [
        {"op": "test", "path": "/metadata/uid", "value": "2"},
        {"op": "add", "path": "/status", "value": {"phase": "Failed"}},
    ]


async def test_replaced_status_conflicts_where_the_resource_has_changed(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    def response(asked: Asked) -> tuple[int, Any]:
        return UNEXPLAINED if "apply" in asked.headers["Content-Type"] else (200, {})

    api.response = response
    seen = {**OWNER, "metadata": {**OWNER["metadata"], "resourceVersion": "7"}}
    await cluster.apply_status(seen, {"operator": "mine"}, if_unchanged=True)
    _, replaced = api.requests
    assert {"op": "add", "path": "/metadata/resourceVersion", "value": "7"} in replaced.body


async def test_delete_has_the_uid_as_precondition(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    await cluster.delete(deployment())
    (requests,) = api.requests
    assert (requests.method, requests.body) == (
        "DELETE",
        {"propagationPolicy": "Background", "preconditions": {"uid": "uid-of-deployment"}},
    )


@pytest.mark.parametrize("response", [refusal(404, "NotFound"), refusal(409, "Conflict")])
async def test_deleting_a_gone_or_replaced_object_succeeds(
    cluster: KubernetesCluster, api: FakeApiServer, response: tuple[int, Any]
) -> None:
    api.response = lambda _: response
    await cluster.delete(deployment())
    assert len(api.requests) == 1


async def test_forbidden_deletion_is_an_error(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    api.response = lambda _: refusal(403, "Forbidden")
    with pytest.raises(Refused, match="it is Forbidden"):
        await cluster.delete(deployment())


async def test_an_event_is_created(cluster: KubernetesCluster, api: FakeApiServer) -> None:
    event: Manifest = {"kind": "Event", "metadata": {"name": "a", "namespace": "speech"}}
    await cluster.record(event)
    assert (api.requests[0].method, api.requests[0].path) == (
        "POST",
        "/apis/events.k8s.io/v1/namespaces/speech/events",
    )


async def test_the_definition_is_applied(cluster: KubernetesCluster, api: FakeApiServer) -> None:
    await cluster.define({"metadata": {"name": "voiceservices.nemo-voice.dev"}})
    assert api.requests[0].path.endswith("/customresourcedefinitions/voiceservices.nemo-voice.dev")


async def test_list_reads_all_pages_and_adds_kind_to_items(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    def page(requests: Asked) -> tuple[int, Any]:
        token = requests.query.get("continue", "")
        following = {"": "second", "second": "third", "third": ""}[token]
        return 200, {
            "metadata": {"continue": following} if following else {},
            "items": [{"metadata": {"name": token or "first"}}],
        }

    api.response = page
    found = await cluster.list(POD, "speech", "a=b")
    assert [one["metadata"]["name"] for one in found] == ["first", "second", "third"]
    assert {(one["apiVersion"], one["kind"]) for one in found} == {("v1", "Pod")}
    assert {requests.query["labelSelector"] for requests in api.requests} == {"a=b"}
    assert {requests.path for requests in api.requests} == {"/api/v1/namespaces/speech/pods"}


async def test_a_list_over_all_namespaces_without_a_selector(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    api.response = lambda _: (200, {"metadata": {}, "items": []})
    assert await cluster.list(POD, None) == []
    assert api.requests[0].path == "/api/v1/pods"
    assert "labelSelector" not in api.requests[0].query


async def test_an_object_is_read_or_is_not_there(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    api.response = lambda _: (200, pod())
    assert await cluster.read(Reference(POD, "speech", "narrator-0")) == pod()
    api.response = lambda _: refusal(404, "NotFound")
    assert await cluster.read(Reference(POD, "speech", "narrator-0")) is None
    api.response = lambda _: refusal(403, "Forbidden")
    with pytest.raises(Refused):
        await cluster.read(Reference(POD, "speech", "narrator-0"))


async def test_create_is_post_and_replace_is_put(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    api.response = lambda requests: (200, requests.body)
    assert await cluster.create(MANIFEST) == MANIFEST
    assert await cluster.replace(MANIFEST) == MANIFEST
    assert [(requests.method, requests.path) for requests in api.requests] == [
        ("POST", "/api/v1/namespaces/speech/services"),
        ("PUT", OWNED),
    ]


async def test_an_optional_kind_is_known_when_its_group_lists_it(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    api.response = lambda _: (200, {"resources": [{"name": "servicemonitors"}]})
    assert await cluster.knows(SERVICE_MONITOR)
    api.response = lambda _: (200, {"resources": [{"name": "podmonitors"}]})
    assert not await cluster.knows(SERVICE_MONITOR)
    api.response = lambda _: refusal(404, "NotFound")
    assert not await cluster.knows(SERVICE_MONITOR)
    api.response = lambda _: refusal(403, "Forbidden")
    with pytest.raises(Refused):
        await cluster.knows(SERVICE_MONITOR)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (403, Forbidden),
        (404, Refused),
        (409, Conflict),
        (410, Refused),
        (422, Refused),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_status_code_decides_the_error_class(status: int, kind: type[ClusterError]) -> None:
    error = failure_of(status, b'{"message": "why", "reason": "Because"}')
    assert type(error) is kind
    assert (str(error), error.reason, error.status) == ("why", "Because", status)


def test_refused_credentials_are_the_operators() -> None:
    error = failure_of(401, b'{"message": "Unauthorized", "reason": "Unauthorized"}')
    assert type(error) is Refused
    assert str(error) == "the API server does not accept the operator's credentials: Unauthorized"


def test_only_a_500_without_a_reason_is_unexplained() -> None:
    assert type(failure_of(500, b'{"message": "failed to convert"}')) is Unexplained
    assert type(failure_of(503, b'{"message": "failed to convert"}')) is Unavailable
    assert type(failure_of(500, b"upstream is away")) is Unavailable, "not the API server's"


QUANTITIES = "quantities must match the regular expression"
UNEXPLAINED = (500, {"kind": "Status", "message": "failed to convert new object"})


async def test_apply_that_ends_in_an_unexplained_error_is_explained_by_a_dry_run(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    refused = (400, {"kind": "Status", "message": QUANTITIES, "reason": "BadRequest"})
    api.response = lambda asked: refused if asked.method == "POST" else UNEXPLAINED
    with pytest.raises(Refused, match=QUANTITIES):
        await cluster.apply(MANIFEST, [OWNER])
    patched, asked = api.requests
    assert (asked.method, asked.path) == ("POST", "/api/v1/namespaces/speech/services")
    assert asked.query == {"dryRun": "All", "fieldValidation": "Strict"}
    assert asked.body == patched.body


@pytest.mark.parametrize(
    "response",
    [(201, {}), refusal(409, "AlreadyExists"), refusal(403, "Forbidden"), UNEXPLAINED],
)
async def test_unexplained_error_stays_when_the_object_itself_is_not_refused(
    cluster: KubernetesCluster, api: FakeApiServer, response: tuple[int, Any]
) -> None:
    api.response = lambda asked: response if asked.method == "POST" else UNEXPLAINED
    with pytest.raises(Unexplained, match="failed to convert"):
        await cluster.apply(MANIFEST, [])


@pytest.mark.parametrize("status", [409, 422, 429, 503])
async def test_no_other_error_is_asked_about(
    cluster: KubernetesCluster, api: FakeApiServer, status: int
) -> None:
    api.response = lambda _: refusal(status, "Whatever")
    with pytest.raises(ClusterError):
        await cluster.apply(MANIFEST, [])
    assert len(api.requests) == 1


async def test_manifest_that_is_no_json_is_refused_without_a_request(
    cluster: KubernetesCluster, api: FakeApiServer
) -> None:
    with pytest.raises(Refused, match="cannot be written as JSON"):
        await cluster.apply({**MANIFEST, "spec": {"seconds": float("inf")}}, [])
    assert api.requests == []


@pytest.mark.parametrize("content", [b"<html>" * 100, b"\xff", b"[]", b"{}", b"", b'"text"'])
def test_failure_without_a_status_object_shows_the_body(content: bytes) -> None:
    error = failure_of(502, content)
    assert isinstance(error, Unavailable)
    assert len(str(error)) <= 200
    assert error.reason == ""


@pytest.mark.parametrize("content", [b"<html>sign in</html>", b"", b"\xff\xfe"])
async def test_successful_response_that_is_no_json_is_unavailable(
    cluster: KubernetesCluster, api: FakeApiServer, content: bytes
) -> None:
    api.response = lambda _: (200, content)
    with pytest.raises(Unavailable, match="no JSON"):
        await cluster.read(Reference(DEPLOYMENT, "speech", "narrator"))


async def test_unreachable_server_is_unavailable() -> None:
    configuration = Configuration(host=f"http://127.0.0.1:{free_port()}")
    async with ApiClient(configuration) as client:
        with pytest.raises(Unavailable, match="cannot be reached") as raised:
            await KubernetesCluster(client).apply(MANIFEST, [])
    assert raised.value.status == 0
