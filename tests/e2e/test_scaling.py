"""Replicas follow the load of real requests, or a HorizontalPodAutoscaler, and none is lost."""

import json

import pytest

from support.http.calling import calling
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

TIMEOUT_S = 600.0
SCALING = {
    "min": 1,
    "max": 2,
    "target": {"inFlight": 2},
    "upWindowSeconds": 4,
    "downWindowSeconds": 10,
}
UTILISATION = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}
SCALE = "/apis/nemo-voice.dev/v1alpha1/namespaces/{}/voiceservices/autoscaled/scale"

pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


def test_replicas_follow_the_load_and_no_request_is_lost(speech: VoiceNamespace) -> None:
    speech.create_voice("hotline", scaling=SCALING)
    speech.wait_for_phase("hotline", "Ready")
    address = speech.address("hotline")
    with calling(address, pause_s=2) as trickle:
        with calling(address, callers=6, pause_s=0) as rush:
            until("more", lambda: speech.status("hotline")["desiredReplicas"] == 2, 60)
            load = speech.status("hotline")["load"]
            assert (load["decision"], load["reason"]) == (2, "LoadRose")
            assert load["inFlight"] > 2
            assert "2 replicas instead of 1 replica" in load["message"]
            until("both", lambda: speech.status("hotline").get("readyReplicas") == 2, TIMEOUT_S)
        until("fewer", lambda: speech.status("hotline")["desiredReplicas"] == 1, TIMEOUT_S)
        load = speech.status("hotline")["load"]
        assert (load["decision"], load["reason"]) == (1, "LoadFell")
        until("one pod", lambda: speech.status("hotline")["replicas"] == 1, TIMEOUT_S)
        speech.wait_until_settled("hotline")
    assert rush.answered > 6
    assert trickle.answered
    assert rush.failures + trickle.failures == []
    until("its Event", lambda: ("Normal", "Scaled") in speech.events("hotline"), 10)


def test_a_horizontal_pod_autoscaler_sets_the_replicas_of_a_voice(speech: VoiceNamespace) -> None:
    speech.create_voice("autoscaled", replicas=1, resources={"requests": {"cpu": "100m"}})
    speech.wait_for_phase("autoscaled", "Ready")
    target = {"apiVersion": "nemo-voice.dev/v1alpha1", "kind": "VoiceService"}
    head = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    spec = {
        "scaleTargetRef": {**target, "name": "autoscaled"},
        "minReplicas": 2,
        "maxReplicas": 3,
        "metrics": [UTILISATION],
    }
    speech.apply({**head, "metadata": {"name": "autoscaled"}, "spec": spec})
    try:
        until("two", lambda: speech.voice("autoscaled")["spec"]["replicas"] == 2, 90)
        until("both", lambda: speech.status("autoscaled").get("readyReplicas") == 2, TIMEOUT_S)
        # The autoscaler finds the pods by the selector of the scale subresource.
        scale = json.loads(speech.kubectl("get", "--raw", SCALE.format(speech.name)))
        pods = speech.get("pods", selector=scale["status"]["selector"])["items"]
        assert scale["status"]["replicas"] == len(pods) == 2
    finally:
        speech.kubectl("delete", "horizontalpodautoscaler", "autoscaled")
    assert speech.voice("autoscaled")["spec"]["replicas"] == 2
