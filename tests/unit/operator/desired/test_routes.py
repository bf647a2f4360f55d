"""The Routes by which Gateways reach the Service."""

from typing import Any

import pytest

from nemo_voice_operator.desired.environment import serving_environment
from nemo_voice_operator.desired.routes import grpc_route, http_route
from nemo_voice_operator.kube.kinds import GRPC_ROUTE, HTTP_ROUTE, SERVICE_MONITOR, Kind
from nemo_voice_operator.kube.manifests import Manifest, without_none
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Capabilities, Plan
from support.operator.voice_services import voice_service

SETTINGS = OperatorSettings()
GATEWAY = {"name": "speech", "namespace": "gateways", "sectionName": "https", "port": 443}
NO_GRPC = [{"name": "NEMO_VOICE_GRPC_PORT", "value": "0"}]


def plan_with(*kinds: Kind) -> Plan:
    return Plan(replicas=1, capabilities=Capabilities(frozenset(kinds)))


BOTH_KINDS = plan_with(HTTP_ROUTE, GRPC_ROUTE)


def routes(plan: Plan = BOTH_KINDS, *, spec: Any = None, **route: Any) -> dict[str, Any]:
    """The Routes of a VoiceService with these fields of its route, by their kind."""
    service = voice_service(**(spec or {}), route={"parentRefs": [GATEWAY], **route})
    made: list[Manifest | None] = [
        http_route(service, plan, SETTINGS),
        grpc_route(service, plan, SETTINGS),
    ]
    return {str(one["kind"]): without_none(one) for one in made if one is not None}


def test_a_route_passes_the_whole_host_on_without_a_time_limit() -> None:
    made = routes(hostnames=["speech.example.com"])
    assert made.keys() == {"HTTPRoute"}
    assert made["HTTPRoute"]["metadata"]["name"] == "narrator"
    assert made["HTTPRoute"]["spec"] == {
        "parentRefs": [GATEWAY],
        "hostnames": ["speech.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [{"name": "narrator", "port": 5000}],
                # A WebSocket or a streamed response may last for hours.
                "timeouts": {"request": "0s"},
            }
        ],
    }


def test_what_the_spec_leaves_out_is_the_gateways_to_choose() -> None:
    spec = routes(requestTimeout="")["HTTPRoute"]["spec"]
    assert spec.keys() == {"parentRefs", "rules"}
    assert "timeouts" not in spec["rules"][0]


def test_the_backend_is_the_port_of_the_service() -> None:
    made = routes(spec={"task": "stt", "service": {"port": 80}}, grpc={"hostnames": ["g.example"]})
    [rule], [grpc] = (made[kind]["spec"]["rules"] for kind in ("HTTPRoute", "GRPCRoute"))
    assert rule["backendRefs"] == [{"name": "narrator", "port": 80}]
    assert grpc == {"backendRefs": [{"name": "narrator", "port": 50051}]}


def test_a_path_is_told_to_the_pods_and_nothing_rewrites_it() -> None:
    [rule] = routes(path="/speech/en")["HTTPRoute"]["spec"]["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/speech/en"}}]
    assert "filters" not in rule
    service = voice_service(route={"parentRefs": [GATEWAY], "path": "/speech/en"})
    variables: Any = serving_environment(service, Plan(replicas=1))
    assert {"name": "NEMO_VOICE_ROOT_PATH", "value": "/speech/en"} in variables


def test_grpc_takes_over_what_it_does_not_say_itself() -> None:
    other = {"name": "other"}
    hostnames = ["speech.example.com"]
    of_names = routes(hostnames=hostnames, grpc={"hostnames": ["g.example"]})["GRPCRoute"]["spec"]
    of_parents = routes(hostnames=hostnames, grpc={"parentRefs": [other]})["GRPCRoute"]["spec"]
    assert (of_names["parentRefs"], of_names["hostnames"]) == ([GATEWAY], ["g.example"])
    assert (of_parents["parentRefs"], of_parents["hostnames"]) == ([other], hostnames)


def test_without_grpc_in_the_pods_there_is_no_route_for_it() -> None:
    made = routes(spec={"env": NO_GRPC}, grpc={"hostnames": ["g.example"]})
    assert made.keys() == {"HTTPRoute"}


@pytest.mark.parametrize(
    ("known", "made"),
    [
        ((), set()),
        ((SERVICE_MONITOR,), set()),
        ((HTTP_ROUTE,), {"HTTPRoute"}),
        ((HTTP_ROUTE, GRPC_ROUTE), {"HTTPRoute", "GRPCRoute"}),
    ],
)
def test_routes_exist_where_their_kinds_are_known(known: tuple[Kind, ...], made: set[str]) -> None:
    assert routes(plan_with(*known), grpc={"hostnames": ["g.example"]}).keys() == made


def test_labels_and_annotations_add_up_and_ours_stay() -> None:
    spec = {"objectLabels": {"a": "1", "b": "1"}, "objectAnnotations": {"c": "1", "d": "1"}}
    labels = {"b": "2", "app.kubernetes.io/managed-by": "somebody"}
    made = routes(spec=spec, labels=labels, annotations={"d": "2"})["HTTPRoute"]["metadata"]
    assert made["annotations"] == {"c": "1", "d": "2"}
    assert made["labels"].items() >= {"a": "1", "b": "2"}.items()
    assert made["labels"]["app.kubernetes.io/managed-by"] == "nemo-voice-operator"
