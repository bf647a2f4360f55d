"""What a real API server accepts and refuses of Routes, certificates and Services."""

from typing import Any

import pytest

from support.kubernetes.api_server import ApiServer
from support.operator.definition import DEMO, created, voice

GATEWAY = {"name": "speech"}
HOST, DURATION = "a host name has lower-case letters", "requestTimeout is a duration"
PREFIX, OWN = "path is a plain prefix like /speech", "path must not begin as the services' own"
ONE_KIND = "a Gateway accepts only one kind of Route for a host name on one listener"


def route(**fields: Any) -> dict[str, Any]:
    return {"route": {"parentRefs": [GATEWAY], **fields}}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a route without a Gateway": ({"route": {}}, "route.parentRefs: Required value"),
    "a route with no Gateway": (route(parentRefs=[]), "should have at least 1 items"),
    "9 Gateways": (
        route(parentRefs=[{"name": f"g{number}"} for number in range(9)]),
        "must have at most 8 items",
    ),
    "a Gateway twice": (route(parentRefs=[GATEWAY, GATEWAY]), "names each Gateway and listener"),
    "a Gateway without a name": (route(parentRefs=[{"port": 80}]), "name: Required value"),
    "a Gateway of no port": (route(parentRefs=[{**GATEWAY, "port": 0}]), "or equal to 1"),
    "a host with a scheme": (route(hostnames=["https://a.example"]), HOST),
    "a host with a port": (route(hostnames=["a.example:443"]), HOST),
    "a host in capitals": (route(hostnames=["A.example"]), HOST),
    "a host of stars": (route(hostnames=["*.*.example"]), HOST),
    "a host twice": (route(hostnames=["a.example", "a.example"]), "Duplicate value"),
    "17 hosts": (
        route(hostnames=[f"{number}.example" for number in range(17)]),
        "must have at most 16 items",
    ),
    "a path without a slash": (route(path="speech"), PREFIX),
    "a path with a slash at its end": (route(path="/speech/"), PREFIX),
    "the root": (route(path="/"), PREFIX),
    "a path upwards": (route(path="/a/../b"), PREFIX),
    "a path with a blank": (route(path="/a b"), PREFIX),
    "a path of the services": (route(path="/v1/speech"), OWN),
    "the path of metrics": (route(path="/metrics"), OWN),
    "a long path": (route(path="/" + "a" * 256), "may not be more than 256"),
    "a path beside the variable": (
        {**route(path="/a"), "env": [{"name": "nemo_voice_root_path", "value": "/b"}]},
        "route.path sets NEMO_VOICE_ROOT_PATH",
    ),
    "a timeout without a unit": (route(requestTimeout="90"), DURATION),
    "a timeout of days": (route(requestTimeout="1d"), DURATION),
    "grpc that is turned off": (
        {
            **route(grpc={"hostnames": ["g.example"]}),
            "env": [{"name": "nemo_voice_grpc_port", "value": "0"}],
        },
        "route.grpc needs gRPC, which NEMO_VOICE_GRPC_PORT turns off",
    ),
    "grpc with nothing of its own": (
        route(grpc={}),
        "route.grpc needs hostnames or parentRefs of its own",
    ),
    "grpc under the same name": (
        route(hostnames=["a.example", "b.example"], grpc={"hostnames": ["b.example"]}),
        ONE_KIND,
    ),
    "a label that is none": (route(labels={"a b": "c"}), "the key of a label has letters"),
    "a certificate without a name": ({"tls": {}}, "secretName: Required value"),
    "a certificate of a file": ({"tls": {"secretName": "/etc/tls"}}, "a name has lower-case"),
    "a protocol of h2c": (
        {"service": {"appProtocol": "kubernetes.io/h2c"}},
        'supported values: "http", "kubernetes.io/ws"',
    ),
    "a volume of the certificate's name": (
        {"volumes": [{"name": "serving-certificate", "emptyDir": {}}]},
        "belong to the operator",
    ),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "a route of one Gateway": route(),
    "everything of a route": route(
        parentRefs=[
            {"name": "speech", "namespace": "gateways", "sectionName": "https", "port": 443},
            {"name": "speech", "namespace": "gateways", "sectionName": "http", "port": 80},
        ],
        hostnames=["speech.example.com", "*.speech.example.com"],
        path="/voice/en_US-1.0~x",
        requestTimeout="1h30m",
        grpc={"parentRefs": [{"name": "grpc"}], "hostnames": ["grpc.example.com"]},
        labels={"example.com/a": "b"},
        annotations={"example.com/a": "any text"},
    ),
    "the same host on a listener of its own": route(
        hostnames=["a.example"], grpc={"parentRefs": [{**GATEWAY, "sectionName": "grpc"}]}
    ),
    "a timeout of the Gateway's": route(requestTimeout=""),
    "the most hosts": route(
        hostnames=[f"{number:03d}.{'a' * 60}.example" for number in range(16)],
        grpc={"hostnames": [f"g{number:03d}.{'a' * 60}.example" for number in range(16)]},
    ),
    "a prefix by the variable alone": {
        **route(),
        "env": [{"name": "NEMO_VOICE_ROOT_PATH", "value": "/b"}],
    },
    "grpc at another port": {
        **route(grpc={"hostnames": ["g.example"]}),
        "env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "50060"}],
    },
    "a certificate": {"tls": {"secretName": "narrator.certificate"}},
    "a port for WebSockets": {"service": {"appProtocol": "kubernetes.io/ws"}},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_gateway_could_serve_is_refused_with_a_message(
    defined: ApiServer, case: str
) -> None:
    spec, message = REFUSED[case]
    response = created(defined, "default", voice({**DEMO, **spec}), dryRun="All")
    assert response.status_code in {400, 422}, response.text
    assert message in response.json()["message"]


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_can_be_served_is_accepted_and_kept(defined: ApiServer, case: str) -> None:
    response = created(defined, "default", voice({**DEMO, **ACCEPTED[case]}), dryRun="All")
    assert response.is_success, response.text
    kept = response.json()["spec"]
    assert {name: kept[name] for name in ACCEPTED[case]} == ACCEPTED[case]
