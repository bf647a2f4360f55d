"""A certificate of the pods, and all who call them then."""

from typing import Any

import pytest

from nemo_voice_operator.clients.pod_readiness import address_of
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.desired.preflight_job import preflight_work_name
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan
from support.operator.voice_services import verified_plan, voice_service

SETTINGS = OperatorSettings()
NVIDIA = {"source": "nvidia/tts_en_fastpitch"}
TLS = {"secretName": "narrator-certificate"}
MOUNT = {"name": "serving-certificate", "mountPath": "/etc/nemo-voice/tls", "readOnly": True}


def owned(plan: Plan | None = None, **spec: Any) -> dict[str, Any]:
    """The owned objects by kind and name, the preflight Job included."""
    service = voice_service(**spec)
    made: Any = desired_state(service, plan or verified_plan(service, SETTINGS), SETTINGS)
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in made}


def pod_of(owned: dict[str, Any], kind: str) -> Any:
    [found] = [one for name, one in owned.items() if name.startswith(f"{kind}/")]
    return found["spec"]["template"]["spec"]


def variables(pod: Any) -> dict[str, str]:
    return {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}


def test_the_secret_is_a_folder_of_the_service_alone() -> None:
    made = owned(model=NVIDIA, tls=TLS)
    serving, fetching = pod_of(made, "Deployment"), pod_of(made, "Job")
    (volume,) = [one for one in serving["volumes"] if "secret" in one]
    assert volume["secret"] == {"secretName": "narrator-certificate", "defaultMode": 0o440}
    # With a subPath the kubelet would never update the certificate.
    assert MOUNT in serving["containers"][0]["volumeMounts"]
    assert (
        variables(serving).items()
        >= {
            "NEMO_VOICE_TLS__CERTIFICATE_FILE": "/etc/nemo-voice/tls/tls.crt",
            "NEMO_VOICE_TLS__KEY_FILE": "/etc/nemo-voice/tls/tls.key",
        }.items()
    )
    assert "certificate" not in str(fetching)
    assert "TLS" not in str(fetching)


def test_a_preflight_reads_the_certificate_that_the_pods_will_show() -> None:
    service = voice_service(tls=TLS, rollout={"strategy": "replace"})
    plan = verified_plan(service, SETTINGS)
    name = preflight_work_name(service, plan, SETTINGS)
    pod = pod_of(owned(Plan(replicas=1, preflight=name), tls=TLS), "Job")
    assert MOUNT in pod["containers"][0]["volumeMounts"]
    assert "NEMO_VOICE_TLS__KEY_FILE" in variables(pod)


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_probes_speak_tls_where_the_pods_do(probe: str) -> None:
    specs: list[dict[str, Any]] = [{"tls": TLS}, {}]
    schemes = [
        pod_of(owned(**spec), "Deployment")["containers"][0][probe]["httpGet"].get("scheme")
        for spec in specs
    ]
    assert schemes == ["HTTPS", None]


@pytest.mark.parametrize(("spec", "scheme"), [({"tls": TLS}, "https"), ({}, "http")])
def test_the_operator_speaks_to_a_pod_as_its_probes_do(spec: Any, scheme: str) -> None:
    template = pod_of(owned(**spec), "Deployment")
    pod = {"metadata": {"name": "p"}, "spec": template, "status": {"podIP": "10.0.0.1"}}
    assert address_of(pod).scheme == scheme


@pytest.mark.parametrize(
    ("spec", "protocols"),
    [
        ({}, ["http", "kubernetes.io/h2c"]),
        ({"tls": TLS}, ["https", "https"]),
        (
            {"service": {"appProtocol": "kubernetes.io/ws"}},
            ["kubernetes.io/ws", "kubernetes.io/h2c"],
        ),
        (
            {"tls": TLS, "service": {"appProtocol": "kubernetes.io/ws"}},
            ["kubernetes.io/wss", "https"],
        ),
    ],
)
def test_both_services_say_what_their_ports_speak(spec: Any, protocols: list[str]) -> None:
    made = owned(**spec)
    for name in ("narrator", "narrator-headless"):
        ports = made[f"Service/{name}"]["spec"]["ports"]
        assert [one["appProtocol"] for one in ports] == protocols


def test_prometheus_verifies_no_name_of_an_address() -> None:
    [endpoint] = owned(tls=TLS)["ServiceMonitor/narrator"]["spec"]["endpoints"]
    assert endpoint == {
        "port": "http",
        "path": "/metrics",
        "scheme": "https",
        "tlsConfig": {"insecureSkipVerify": True},
    }
