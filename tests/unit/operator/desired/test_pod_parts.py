"""What a spec adds to the pods: labels, volumes, containers, certificates; and their user."""

from dataclasses import replace
from typing import Any

import pytest

from nemo_voice_operator.api import pod_parts
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.desired.preflight_job import preflight_work_name
from nemo_voice_operator.desired.revision import good_revision
from nemo_voice_operator.kube.labels import TEMPLATE_ANNOTATION
from nemo_voice_operator.settings import OperatorSettings
from support.operator.voice_services import verified_plan, voice_service

SETTINGS = OperatorSettings()
HUB: dict[str, Any] = {
    "model": {"source": "nvidia/a-model"},
    "auth": {"keysSecretRef": {"name": "k"}},
}
LABELS = {"team": "a", "cost-centre": "42"}
CONFINED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def owned(settings: OperatorSettings = SETTINGS, **spec: Any) -> list[dict[str, Any]]:
    """Every object that is made for a VoiceService that downloads, both Jobs included."""
    service = voice_service(**{**HUB, **spec})
    plan = verified_plan(service, settings)
    preflight = preflight_work_name(service, plan, settings)
    made: Any = desired_state(service, replace(plan, preflight=preflight), settings)
    return [*made, dict(good_revision(service, {}))]


def templates(settings: OperatorSettings = SETTINGS, **spec: Any) -> dict[str, dict[str, Any]]:
    """The pod templates, by the name of their own container."""
    found = [
        one["spec"]["template"]
        for one in owned(settings, **spec)
        if "template" in one.get("spec", {})
    ]
    made = {template["spec"]["containers"][0]["name"]: template for template in found}
    assert made.keys() == set(pod_parts.OWN_CONTAINERS)
    return made


def pods(settings: OperatorSettings = SETTINGS, **spec: Any) -> list[dict[str, Any]]:
    return [template["spec"] for template in templates(settings, **spec).values()]


def test_every_object_has_the_specs_labels_and_annotations_and_keeps_its_own() -> None:
    plain = {
        (one["kind"], one["metadata"]["labels"]["app.kubernetes.io/component"]): one["metadata"]
        for one in owned()
    }
    for one in owned(objectLabels=LABELS, objectAnnotations={"example.com/owner": "speech"}):
        metadata = one["metadata"]
        before = plain[one["kind"], metadata["labels"]["app.kubernetes.io/component"]]
        assert metadata["labels"] == {**LABELS, **before["labels"]}
        assert metadata["annotations"] == {
            "example.com/owner": "speech",
            **before.get("annotations", {}),
        }
    assert len(plain) == 10


def test_labels_of_objects_never_reach_the_pods() -> None:
    assert templates(objectLabels=LABELS, objectAnnotations=LABELS) == templates()


def test_labels_and_annotations_of_pods_reach_those_of_the_jobs_too() -> None:
    plain = templates()
    for name, template in templates(podLabels=LABELS, podAnnotations={"mesh": "off"}).items():
        before = plain[name]["metadata"]["labels"]
        assert template["metadata"]["labels"] == {**LABELS, **before}
        assert template["metadata"]["annotations"]["mesh"] == "off"


def test_annotation_of_the_service_wins_over_one_of_every_object() -> None:
    [service] = [
        one
        for one in owned(
            objectAnnotations={"a": "1", "b": "1"}, service={"annotations": {"b": "2"}}
        )
        if one["kind"] == "Service" and one["spec"].get("clusterIP") is None
    ]
    assert service["metadata"]["annotations"] == {"a": "1", "b": "2"}


def test_volumes_and_mounts_are_added_to_every_pod() -> None:
    volume = {"name": "more", "configMap": {"name": "settings", "optional": True}}
    mount = {"name": "more", "mountPath": "/etc/more", "readOnly": True}
    for pod in pods(volumes=[volume], volumeMounts=[mount]):
        assert volume in pod["volumes"]
        assert mount in pod["containers"][0]["volumeMounts"]


def test_sidecars_follow_init_containers_and_are_always_restarted() -> None:
    first = {"name": "first", "image": "first:1", "command": ["prepare"]}
    beside = {"name": "beside", "image": "beside:1", "ports": [{"containerPort": 9000}]}
    for pod in pods(initContainers=[first], sidecars=[{**beside, "restartPolicy": "Never"}]):
        one, other = pod["initContainers"]
        assert one.items() >= first.items()
        assert "restartPolicy" not in one
        assert other.items() >= {**beside, "restartPolicy": "Always"}.items()
        assert len(pod["containers"]) == 1


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, CONFINED),
        ({"securityContext": {"runAsUser": 1337}}, {**CONFINED, "runAsUser": 1337}),
        ({"securityContext": {"capabilities": {"drop": ["CHOWN"]}}}, CONFINED),
        (
            {
                "securityContext": {
                    "privileged": True,
                    "allowPrivilegeEscalation": True,
                    "runAsNonRoot": False,
                }
            },
            CONFINED,
        ),
        ({"security_context": {"privileged": True}}, CONFINED),
        (
            {"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}},
            {**CONFINED, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
        ),
    ],
)
def test_a_container_of_the_specs_is_confined_whatever_it_says(
    given: dict[str, Any], made: dict[str, Any]
) -> None:
    for pod in pods(sidecars=[{"name": "beside", "image": "beside:1", **given}]):
        assert pod["initContainers"][0]["securityContext"] == made


@pytest.mark.parametrize(
    ("bundle", "source"),
    [
        (
            {"configMapKeyRef": {"name": "authorities", "key": "root.pem"}},
            {
                "configMap": {
                    "name": "authorities",
                    "items": [{"key": "root.pem", "path": "ca.crt"}],
                }
            },
        ),
        (
            {"secretKeyRef": {"name": "authorities", "key": "root.pem"}},
            {
                "secret": {
                    "secretName": "authorities",
                    "defaultMode": 0o440,
                    "items": [{"key": "root.pem", "path": "ca.crt"}],
                }
            },
        ),
    ],
)
def test_only_the_download_sees_the_ca_bundle(
    bundle: dict[str, Any], source: dict[str, Any]
) -> None:
    made = templates(hub={"endpoint": "https://hub.example", "caBundle": bundle})
    fetch = made["fetch"]["spec"]
    assert {"name": "ca-bundle", **source} in fetch["volumes"]
    [container] = fetch["containers"]
    [mount] = [one for one in container["volumeMounts"] if one["name"] == "ca-bundle"]
    assert mount == {"name": "ca-bundle", "mountPath": "/etc/nemo-voice/ca", "readOnly": True}
    assert {"name": "NEMO_VOICE_CA_BUNDLE", "value": "/etc/nemo-voice/ca/ca.crt"} in container[
        "env"
    ]
    for name in ("serve", "check"):
        assert "ca-bundle" not in str(made[name])
        assert "CA_BUNDLE" not in str(made[name])


@pytest.mark.parametrize("fixed", [True, False])
def test_pods_name_a_user_only_where_the_settings_say_so(fixed: bool) -> None:
    for pod in pods(OperatorSettings(fixed_user=fixed)):
        context = pod["securityContext"]
        named = {name: context.get(name) for name in ("runAsUser", "runAsGroup", "fsGroup")}
        assert set(named.values()) == {10001 if fixed else None}
        assert context["runAsNonRoot"] is True
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_the_operators_own_names_and_paths_are_those_that_a_spec_may_not_take() -> None:
    hub = {"caBundle": {"secretKeyRef": {"name": "s", "key": "k"}}}
    names = {"configMapRef": {"name": "names"}}
    clip = {"clip": {"configMapRef": {"name": "c", "key": "k"}}}
    tls = {"secretName": "certificate"}
    made = list(pods(hub=hub, pronunciations=names, selfTest=clip, tls=tls))
    volumes = {one["name"] for pod in made for one in pod["volumes"]}
    assert volumes == set(pod_parts.OWN_VOLUMES)
    mounts = {one["mountPath"] for pod in made for one in pod["containers"][0]["volumeMounts"]}
    for path in mounts:
        assert any(f"{path}/".startswith(f"{own}/") for own in pod_parts.OWN_PATHS), path


def test_template_annotation_of_a_spec_does_not_replace_ours() -> None:
    made = templates(podAnnotations={TEMPLATE_ANNOTATION: "mine"})["serve"]
    assert made["metadata"]["annotations"][TEMPLATE_ANNOTATION] != "mine"
