"""Who reaches the pods and how: the Service, the policy, the budget, the monitor."""

from typing import Any

import pytest

from nemo_voice_operator.desired.container import serving_container
from nemo_voice_operator.desired.disruption_budget import serving_budget
from nemo_voice_operator.desired.monitor import serving_monitor
from nemo_voice_operator.desired.names import selector_of
from nemo_voice_operator.desired.network_policy import serving_policy
from nemo_voice_operator.desired.service import serving_service
from nemo_voice_operator.kube.kinds import SERVICE_MONITOR
from nemo_voice_operator.kube.manifests import without_none
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Capabilities, Plan
from support.operator.voice_services import voice_service

SETTINGS = OperatorSettings(namespace="voices", monitoring_namespace="watch")
EVERY_NAMESPACE: dict[str, Any] = {"namespaceSelector": {}}
OUTSIDE = {"ipBlock": {"cidr": "203.0.113.0/24"}}


PLAN = Plan(replicas=1)


def monitored(is_known: bool) -> Plan:
    return Plan(
        replicas=1, capabilities=Capabilities(frozenset({SERVICE_MONITOR} if is_known else ()))
    )


def named(namespace: str) -> dict[str, Any]:
    labels = {"kubernetes.io/metadata.name": namespace}
    return {"namespaceSelector": {"matchLabels": labels}}


def service_of(**spec: Any) -> dict[str, Any]:
    return dict(serving_service(voice_service(**spec), PLAN, SETTINGS))


GRPC = {
    "name": "grpc",
    "port": 50051,
    "targetPort": "grpc",
    "appProtocol": "kubernetes.io/h2c",
}


def policy_of(settings: OperatorSettings = SETTINGS, **spec: Any) -> dict[str, Any]:
    policy: Any = serving_policy(voice_service(**spec), PLAN, settings)
    return dict(policy["spec"])


@pytest.mark.parametrize(
    ("spec", "kind", "port"),
    [
        ({}, "ClusterIP", 5000),
        ({"task": "stt"}, "ClusterIP", 5001),
        ({"service": {"type": "LoadBalancer", "port": 80}}, "LoadBalancer", 80),
    ],
)
def test_service_has_the_port_of_the_spec(spec: dict[str, Any], kind: str, port: int) -> None:
    made = service_of(**spec)["spec"]
    assert made["type"] == kind
    assert made["ports"] == [
        {"name": "http", "port": port, "targetPort": "http", "appProtocol": "http"},
        GRPC,
    ]


@pytest.mark.parametrize(
    ("spec", "ports"),
    [
        ({}, [50051]),
        ({"env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "0"}]}, []),
        ({"env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "50060"}]}, [50060]),
        ({"env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "many"}]}, [50051]),
        ({"env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "99999"}]}, [50051]),
        ({"env": [{"name": "nemo_voice_grpc_port", "value": "0"}]}, []),
    ],
)
def test_grpc_has_a_port_everywhere_or_nowhere(spec: dict[str, Any], ports: list[int]) -> None:
    made = serving_container(voice_service(**spec), PLAN, SETTINGS, has_claim=False)
    [rule] = policy_of(**spec)["ingress"]
    named: Any = made["ports"]
    assert [one["containerPort"] for one in named if one["name"] == "grpc"] == ports
    assert [one["port"] for one in rule["ports"][1:]] == ports
    assert service_of(**spec)["spec"]["ports"][1:] == [GRPC][: len(ports)]


def test_a_service_whose_port_for_http_is_that_of_grpc_has_no_second_one() -> None:
    [port] = service_of(service={"port": 50051})["spec"]["ports"]
    assert port["name"] == "http"


def test_the_service_carries_its_annotations() -> None:
    annotations = {"example.com/scheme": "internal"}
    made = service_of(service={"annotations": annotations})
    assert made["metadata"]["annotations"] == annotations


def test_the_service_has_the_families_and_policies_of_the_spec() -> None:
    options = {
        "type": "LoadBalancer",
        "ipFamilyPolicy": "PreferDualStack",
        "ipFamilies": ["IPv6", "IPv4"],
        "loadBalancerClass": "example.com/internal",
        "externalTrafficPolicy": "Local",
        "internalTrafficPolicy": "Cluster",
        "trafficDistribution": "PreferClose",
    }
    assert service_of(service=options)["spec"].items() >= options.items()


def test_the_cluster_chooses_families_and_policies_that_the_spec_leaves_out() -> None:
    made: Any = without_none(service_of())
    assert made["spec"].keys() == {"type", "selector", "ports"}


@pytest.mark.parametrize(
    ("spec", "callers"),
    [
        ({}, [EVERY_NAMESPACE]),
        ({"service": {"type": "NodePort"}}, None),
        ({"service": {"type": "LoadBalancer"}}, None),
        ({"networkPolicy": {"from": []}}, [named("voices"), named("watch")]),
        ({"networkPolicy": {"from": [OUTSIDE]}}, [OUTSIDE, named("voices"), named("watch")]),
        (
            {"networkPolicy": {"from": [EVERY_NAMESPACE]}, "service": {"type": "LoadBalancer"}},
            [EVERY_NAMESPACE, named("voices"), named("watch")],
        ),
    ],
)
def test_policy_allows_the_specs_callers_the_operator_and_prometheus(
    spec: dict[str, Any], callers: list[Any] | None
) -> None:
    [rule] = policy_of(**spec)["ingress"]
    assert rule["from"] == callers


def test_shared_namespace_is_named_once() -> None:
    one = OperatorSettings(namespace="same", monitoring_namespace="same")
    [rule] = policy_of(one, networkPolicy={"from": []})["ingress"]
    assert rule["from"] == [named("same")]


def test_policy_has_the_container_port_whatever_the_services_port() -> None:
    [rule] = policy_of(task="stt", service={"port": 80})["ingress"]
    assert rule["ports"] == [
        {"protocol": "TCP", "port": 5001},
        {"protocol": "TCP", "port": 50051},
    ]


def test_pods_may_call_only_dns() -> None:
    policy = policy_of()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == [
        {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
    ]


def test_pods_may_also_call_whom_the_spec_names() -> None:
    collector = {
        "to": [{"namespaceSelector": {"matchLabels": {"team": "tracing"}}}],
        "ports": [{"protocol": "TCP", "port": 4317, "endPort": 4318}],
    }
    anywhere = {"ports": [{"protocol": "TCP", "port": 443}]}
    dns, *more = policy_of(networkPolicy={"egress": [collector, {"ports": [{"port": 443}]}]})[
        "egress"
    ]
    assert [port["port"] for port in dns["ports"]] == [53, 53]
    assert more == [collector, anywhere]


def test_the_policy_can_be_switched_off() -> None:
    service = voice_service(networkPolicy={"enabled": False})
    assert serving_policy(service, PLAN, SETTINGS) is None


def test_drain_takes_one_pod_at_a_time_and_any_unready_one() -> None:
    budget: Any = serving_budget(voice_service(), PLAN, SETTINGS)["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert budget["selector"] == {"matchLabels": selector_of(voice_service())}


def test_drain_takes_as_many_pods_as_the_spec_says() -> None:
    service = voice_service(disruptionBudget={"maxUnavailable": 0})
    budget: Any = serving_budget(service, PLAN, SETTINGS)["spec"]
    assert budget["maxUnavailable"] == 0
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize(
    ("setting", "known", "made"),
    [("auto", True, True), ("auto", False, False), ("never", True, False)],
)
def test_monitor_exists_where_wanted_and_known(setting: str, known: bool, made: bool) -> None:
    service = voice_service(monitoring={"serviceMonitor": setting})
    monitor = serving_monitor(service, monitored(known), SETTINGS)
    assert (monitor is not None) is made


def test_the_monitor_selects_the_service_and_its_port() -> None:
    made: Any = serving_monitor(voice_service(), monitored(True), SETTINGS)
    labels = service_of()["metadata"]["labels"]
    assert labels.items() >= made["spec"]["selector"]["matchLabels"].items()
    assert made["spec"]["endpoints"] == [{"port": "http", "path": "/metrics"}]


def test_monitor_has_the_configured_labels() -> None:
    settings = OperatorSettings(monitor_labels=("release=prometheus", "team="))
    made: Any = serving_monitor(voice_service(), monitored(True), settings)
    ours = service_of()["metadata"]["labels"]
    assert made["metadata"]["labels"] == {"release": "prometheus", "team": "", **ours}
