"""The serving container: how long it may start and end, what it may use, when it is restarted."""

from typing import Any

import pytest

from nemo_voice_operator.api.spec import Task
from nemo_voice_operator.desired.container import grace_s, serving_container
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan
from support.operator.voice_services import voice_service

SETTINGS = OperatorSettings(image_tts="speaks:1", image_stt="hears:1", image_pull_policy="Never")
DELAY, TIMEOUT = "NEMO_VOICE_DRAIN__DELAY_S", "NEMO_VOICE_DRAIN__TIMEOUT_S"


def container(*, has_claim: bool = False, **spec: Any) -> dict[str, Any]:
    service, plan = voice_service(**spec), Plan(replicas=1)
    return dict(serving_container(service, plan, SETTINGS, has_claim=has_claim))


def start_s(probe: dict[str, Any]) -> int:
    return int(probe["periodSeconds"]) * int(probe["failureThreshold"])


@pytest.mark.parametrize("timeout_s", [30, 31, 300, 900, 86_400])
def test_startup_probe_ends_a_start_when_the_warmup_timeout_is_over(timeout_s: int) -> None:
    probe = container(warmup={"timeoutSeconds": timeout_s})["startupProbe"]
    # Whether the service responds in time or not at all, each try takes its whole timeout.
    longest_s = probe["initialDelaySeconds"] + probe["failureThreshold"] * probe["timeoutSeconds"]
    assert timeout_s - 4 <= longest_s <= timeout_s
    assert probe["periodSeconds"] <= probe["timeoutSeconds"]


@pytest.mark.parametrize("timeout_s", [30, 900, 86_400])
def test_startup_probe_waits_in_the_service_and_not_by_failing(timeout_s: int) -> None:
    probe = container(warmup={"timeoutSeconds": timeout_s})["startupProbe"]
    path, _, waits = probe["httpGet"]["path"].partition("?wait_s=")
    assert path == "/v1/health/startup"
    # The service's own response names the reason, so it must come before the probe gives up.
    assert int(waits) == probe["timeoutSeconds"] - 1


def test_a_service_may_take_half_a_minute_to_listen() -> None:
    probe = container()["startupProbe"]
    tries, period_s = probe["failureThreshold"], probe["periodSeconds"]
    assert probe["initialDelaySeconds"] + (tries - 1) * period_s >= 30


def test_a_quick_start_is_noticed_when_it_is_over() -> None:
    probe = container()["startupProbe"]
    # The kubelet may skip one period until the first try; the demos need longer on any machine.
    assert probe["initialDelaySeconds"] + probe["periodSeconds"] <= 15


def test_pod_without_responses_is_unready_long_before_it_is_restarted() -> None:
    probes = container()
    assert start_s(probes["readinessProbe"]) == 9
    assert start_s(probes["livenessProbe"]) == 60
    assert probes["livenessProbe"]["httpGet"]["path"] == "/v1/health/live"


def test_a_probe_never_overlaps_the_next_one() -> None:
    made = container()
    probes = [made["livenessProbe"], made["readinessProbe"]]
    assert len(probes) == 2
    assert all(probe["timeoutSeconds"] <= probe["periodSeconds"] for probe in probes)


@pytest.mark.parametrize(
    ("env", "expected_s"),
    [
        ([], 75),  # 15 still accepting, 50 finishing, 10 to end
        ([{"name": TIMEOUT, "value": "120"}], 145),
        ([{"name": TIMEOUT.lower(), "value": "120"}], 145),
        ([{"name": DELAY, "value": "0"}, {"name": TIMEOUT, "value": "1.5"}], 12),
        ([{"name": TIMEOUT, "value": "a while"}], 75),
        ([{"name": TIMEOUT, "value": "inf"}], 75),
        ([{"name": TIMEOUT, "value": "nan"}], 75),
        ([{"name": TIMEOUT, "value": "1e300"}], 75),
        ([{"name": TIMEOUT, "value": "3600"}, {"name": DELAY, "value": "300"}], 3910),
        ([{"name": TIMEOUT, "value": "3601"}], 75),
        ([{"name": TIMEOUT, "value": "0.5"}], 75),
        ([{"name": DELAY, "value": "-1"}], 75),
        ([{"name": TIMEOUT, "value": ""}], 75),
        ([{"name": TIMEOUT, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}], 75),
    ],
)
def test_the_grace_period_covers_the_drain(env: list[dict[str, Any]], expected_s: int) -> None:
    assert grace_s(voice_service(env=env)) == expected_s


def test_a_container_that_is_stopped_by_itself_still_accepts_until_no_node_knows_it() -> None:
    made = container()
    probe = made["readinessProbe"]
    (delay,) = [float(one["value"]) for one in made["env"] if one["name"] == DELAY]
    # The last good answer came just before the signal; then every probe has to fail.
    unready_s = start_s(probe) + probe["timeoutSeconds"]
    assert delay >= unready_s + 3  # the status, the EndpointSlice, kube-proxy
    assert "lifecycle" not in made  # one mechanism, for every way to stop a container


def test_a_restart_of_a_process_that_still_works_leaves_it_the_time_of_its_drain() -> None:
    grace = container()["livenessProbe"].get("terminationGracePeriodSeconds")
    assert grace is None  # the pod's own, which covers the drain


@pytest.mark.parametrize("name", [DELAY, DELAY.lower()])
def test_the_spec_may_set_another_delay(name: str) -> None:
    env = container(env=[{"name": name, "value": "40"}])["env"]
    assert [one for one in env if one["name"].upper() == DELAY] == [{"name": name, "value": "40"}]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"gpu": {"count": 0}}, {"requests": {"cpu": "300m", "memory": "2Gi"}, "limits": None}),
        (
            {},
            {"requests": {"cpu": "300m", "memory": "2Gi"}, "limits": {"nvidia.com/gpu": "1"}},
        ),
        (
            {"gpu": {"count": 2, "resourceName": "nvidia.com/mig-1g.10gb"}},
            {
                "requests": {"cpu": "300m", "memory": "2Gi"},
                "limits": {"nvidia.com/mig-1g.10gb": "2"},
            },
        ),
        (
            {"resources": {"requests": {"cpu": 2}, "limits": {"memory": "12Gi"}}},
            {"requests": {"cpu": "2"}, "limits": {"memory": "12Gi", "nvidia.com/gpu": "1"}},
        ),
        (
            {"resources": {"limits": {"memory": "12Gi"}}, "gpu": {"count": 0}},
            {"requests": None, "limits": {"memory": "12Gi"}},
        ),
    ],
)
def test_resources_follow_the_spec_with_gpus_in_the_limits(
    spec: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert container(**spec)["resources"] == expected


@pytest.mark.parametrize(
    ("spec", "image", "policy"),
    [
        ({}, "speaks:1", "Never"),
        ({"task": "stt"}, "hears:1", "Never"),
        ({"image": "mine:2", "imagePullPolicy": "Always"}, "mine:2", "Always"),
    ],
)
def test_image_is_the_specs_or_the_default(spec: dict[str, Any], image: str, policy: str) -> None:
    made = container(**spec)
    assert (made["image"], made["imagePullPolicy"]) == (image, policy)


@pytest.mark.parametrize(("task", "port"), [(Task.TTS, 5000), (Task.STT, 5001)])
def test_container_port_is_the_tasks(task: Task, port: int) -> None:
    made = container(task=task, service={"port": 80})
    assert made["ports"][0] == {"name": "http", "containerPort": port}
    assert {"name": "NEMO_VOICE_PORT", "value": str(port)} in made["env"]


@pytest.mark.parametrize("has_claim", [True, False])
def test_models_of_a_claim_are_mounted_read_only(has_claim: bool) -> None:
    mounts = {mount["mountPath"]: mount for mount in container(has_claim=has_claim)["volumeMounts"]}
    assert set(mounts) == {"/tmp", "/var/cache/nemo-voice"}
    assert mounts["/var/cache/nemo-voice"]["readOnly"] is (True if has_claim else None)
    assert "readOnly" not in mounts["/tmp"]
