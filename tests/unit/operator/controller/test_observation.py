"""Events of what waits reach the status, and cost nothing where nothing waits."""

from nemo_voice_operator.errors import Refused
from support.operator.observations import event
from support.operator.scenes import Scene

MISSING = 'MountVolume.SetUp failed for volume "keys" : secret "speech-keys" not found'
CREATING = {"state": {"waiting": {"reason": "ContainerCreating"}}}


def waiting_pod(scene: Scene) -> str:
    """Lets a pod wait for a Secret; returns its uid."""
    scene.apply(auth={"keysSecretRef": {"name": "speech-keys"}})
    scene.settle()
    scene.pod("narrator-0", containerStatuses=[CREATING])
    scene.readiness_client.reported.clear()
    uid = str(scene.cluster.get("Pod", "narrator-0")["metadata"]["uid"])
    scene.cluster.create(event("FailedMount", MISSING, of=uid, at="2026-01-01T00:00:01Z"))
    return uid


def test_missing_secret_is_named_seconds_after_the_pod_began_to_wait(scene: Scene) -> None:
    waiting_pod(scene)
    scene.pass_time(2)
    scene.settle()
    assert scene.condition("Degraded") == ("False", "AsExpected")
    scene.pass_time(2)
    scene.settle()
    assert scene.condition("Degraded") == ("True", "FailedMount")
    assert scene.condition("Stalled") == ("False", "FailedMount"), "a tool may be about to make it"
    assert scene.status()["reason"] == "FailedMount"
    assert scene.cluster.events[-1]["note"] == f"pod narrator-0: {MISSING}"


def test_status_is_written_though_events_cannot_be_read(scene: Scene) -> None:
    uid = waiting_pod(scene)
    scene.cluster.fails["list Event"] = Refused("events is forbidden", status=403)
    scene.pass_time(5)
    scene.settle()
    assert uid in scene.cluster.asked
    assert scene.condition("WarmedUp") == ("False", "Starting")


def test_events_of_a_service_that_serves_are_not_read(scene: Scene) -> None:
    scene.serve_demo()
    scene.pass_time(100)
    scene.settle()
    assert scene.cluster.asked == []


def test_unchanged_trouble_is_written_once(scene: Scene) -> None:
    waiting_pod(scene)
    scene.pass_time(5)
    scene.settle()
    told = len(scene.cluster.events)
    for _ in range(3):
        scene.pass_time(60)
        scene.settle()
        assert not scene.cluster.calls
    assert len(scene.cluster.events) == told


def test_image_that_is_being_pulled_is_told_while_a_pod_starts(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.pod("narrator-0", containerStatuses=[CREATING])
    scene.readiness_client.reported.clear()
    uid = str(scene.cluster.get("Pod", "narrator-0")["metadata"]["uid"])
    pulling = 'Pulling image "registry.example/stt:1"'
    scene.cluster.create(
        event("Pulling", pulling, of=uid, at="2026-01-01T00:00:01Z", kind="Normal")
    )
    scene.pass_time(5)
    scene.settle()
    assert scene.condition("WarmedUp") == ("False", "Starting")
    [told] = [one for one in scene.status()["conditions"] if one["type"] == "Ready"]
    assert told["message"] == pulling
    assert scene.condition("Degraded") == ("False", "AsExpected")
