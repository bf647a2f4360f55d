"""Crash loops: one diagnosis from a container's first end until its pod has stayed ready."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nemo_voice_operator.state.pod_reports import PodPhase, PodReadiness
from nemo_voice_operator.status.crash_loops import has_crashed, last_end, trial_left_s
from support.operator.observations import condition, pod
from support.operator.scenes import NAMESPACE, Scene

START = datetime(2026, 1, 1, tzinfo=UTC)
CRASH = {"exitCode": 1, "reason": "Error", "message": "no CUDA device"}


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def container(
    restarts: int = 0, *, running: float | None = None, last: Any = None, **state: Any
) -> dict[str, Any]:
    """A container's status: what it does, how often it was started again, how it ended last."""
    now = state if running is None else {"running": {"startedAt": at(running)}}
    ended = {"terminated": last} if last else {}
    return {"name": "serve", "restartCount": restarts, "state": now, "lastState": ended}


def waits(reason: str, restarts: int = 0, last: Any = None, message: str = "") -> dict[str, Any]:
    return container(restarts, last=last, waiting={"reason": reason, "message": message})


def ready_since(seconds: float, *, ready: bool = True, restarts: int = 1) -> dict[str, Any]:
    changed = condition("Ready", str(ready), lastTransitionTime=at(seconds))
    running = container(restarts, running=seconds, last=CRASH)
    return pod(conditions=[changed], containerStatuses=[running])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (container(running=0), False),
        (waits("ContainerCreating"), False),
        (waits("ImagePullBackOff", 3, CRASH), False),
        (waits("CreateContainerConfigError", 3, CRASH), False),
        (container(terminated={"exitCode": 0}), False),
        (container(terminated=CRASH), True),
        (container(1, running=5, last=CRASH), True),
        (container(1, running=5, last={"exitCode": 0, "reason": "Completed"}), True),
        (container(2, terminated={"exitCode": 0}, last=CRASH), True),
        (waits("CrashLoopBackOff"), True),
        (waits("RunContainerError"), True),
        (waits("ContainerCreating", 1, CRASH), True),
        (waits("PodInitializing", 1, CRASH), True),
    ],
)
def test_container_has_crashed_after_its_first_failure(
    seen: dict[str, Any], expected: bool
) -> None:
    assert has_crashed(pod(containerStatuses=[seen]), seen) is expected


def test_container_that_is_never_restarted_is_in_no_loop() -> None:
    ended = container(terminated=CRASH)
    assert not has_crashed({**pod(), "spec": {"restartPolicy": "Never"}}, ended)
    assert not has_crashed(pod(phase="Failed"), ended)
    assert has_crashed({**pod(), "spec": {"restartPolicy": "Always"}}, ended)


@pytest.mark.parametrize(("unready_at", "expected"), [(99.0, True), (699.0, True), (700.0, False)])
def test_pod_unready_long_after_its_crash_is_in_no_loop(unready_at: float, expected: bool) -> None:
    unready = condition("Ready", "False", lastTransitionTime=at(unready_at))
    running = container(1, running=100, last=CRASH)
    assert has_crashed(pod(conditions=[unready]), running) is expected


def test_unknown_times_forget_no_crash() -> None:
    assert has_crashed(pod(conditions=[]), container(1, running=0, last=CRASH))
    assert has_crashed(pod(), container(1, last=CRASH))


@pytest.mark.parametrize(
    ("restarts", "trial_s"),
    [(0, 0), (1, 20), (2, 40), (3, 80), (4, 160), (5, 320), (6, 600), (999, 600)],
)
def test_trial_grows_with_the_number_of_crashes(restarts: int, trial_s: float) -> None:
    assert trial_left_s(ready_since(0, restarts=restarts), START) == trial_s


def test_a_trial_ends_after_its_time_whatever_the_clocks() -> None:
    def left_s(after_s: float) -> float:
        return trial_left_s(ready_since(0), START + timedelta(seconds=after_s))

    assert [left_s(seconds) for seconds in (-3600, 0, 5, 20, 3600)] == [20, 20, 15, 0, 0]


def test_trial_begins_when_the_pod_is_ready_since_a_known_time() -> None:
    later = START + timedelta(days=1)
    assert trial_left_s(ready_since(0, ready=False), later) == 20
    assert trial_left_s(pod(ready=True, containerStatuses=[container(1)]), later) == 20
    assert trial_left_s(pod(ready=True), later) == 0


def test_finished_init_container_is_on_no_trial() -> None:
    done = container(4, terminated={"exitCode": 0}, last=CRASH)
    assert trial_left_s(pod(ready=True, initContainerStatuses=[done]), START) == 0


def test_last_end_is_the_newest() -> None:
    older = {"exitCode": 2}
    assert last_end(container(1, last=older, terminated=CRASH)) == CRASH
    assert last_end(container(1, running=0, last=older)) == older
    assert last_end(container(running=0)) == {}


class Story:
    """A pod whose container lives through a crash loop, seen by the operator at each step."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        scene.apply()
        scene.settle()
        scene.pod("narrator-0")
        scene.readiness_client.reported.clear()
        self.see(container(running=0))
        assert scene.condition("Degraded") == ("False", "AsExpected")

    def see(self, seen: dict[str, Any], *, ready: float | None = None) -> None:
        reported = condition("Ready", str(ready is not None), lastTransitionTime=at(ready or 0))
        status = {"conditions": [reported], "containerStatuses": [seen]}
        self.scene.cluster.change("Pod", "narrator-0", status=status)
        self.scene.settle()

    def events(self) -> list[str]:
        return [str(event["reason"]) for event in self.scene.cluster.events]


def test_a_crash_loop_is_one_event_and_one_steady_condition(scene: Scene) -> None:
    story = Story(scene)
    scene.cluster.events.clear()
    killed = {"exitCode": 137, "reason": "OOMKilled"}
    steps = [container(terminated=CRASH), container(1, running=9, last=CRASH)]
    for restarts in range(1, 5):
        steps.append(container(restarts, terminated=CRASH))
        steps.append(waits("CrashLoopBackOff", restarts, CRASH, "back-off 20s restarting"))
        steps.append(waits("RunContainerError", restarts, CRASH))
        steps.append(container(restarts + 1, running=restarts * 60, last=killed))
    for step in steps:
        story.see(step)
        for kind in ("WarmedUp", "Ready", "Degraded"):
            assert scene.condition(kind)[1] == "CrashLoopBackOff"
        assert scene.status()["phase"] == "Failed"
    assert story.events() == ["CrashLoopBackOff"]
    degraded = scene.status()["conditions"][-1]
    assert degraded["message"] == (
        "pod narrator-0: killed for memory: the node ran out of it; raise resources.requests.memory"
    )


def test_crash_loop_is_over_when_the_pod_has_stayed_ready(scene: Scene) -> None:
    story = Story(scene)
    story.see(waits("CrashLoopBackOff", 2, CRASH))
    scene.cluster.events.clear()
    scene.pass_time(100)
    story.see(container(3, running=60, last=CRASH), ready=100)
    assert (scene.status()["phase"], scene.condition("Ready")) == ("Degraded", ("True", "Serving"))
    assert scene.condition("Degraded") == ("True", "CrashLoopBackOff")
    assert scene.reconcile() == 80, "it is requeued for the end of the trial"
    scene.pass_time(79)
    scene.settle()
    assert scene.condition("Degraded") == ("True", "CrashLoopBackOff")
    scene.pass_time(1)
    scene.settle()
    assert (scene.status()["phase"], scene.condition("Degraded")) == (
        "Ready",
        ("False", "AsExpected"),
    )
    assert story.events() == ["Ready", "Recovered"]


def test_a_pod_that_is_ready_in_between_stays_degraded(scene: Scene) -> None:
    story = Story(scene)
    scene.cluster.events.clear()
    for cycle in range(4):
        scene.pass_time(60)
        now = (cycle + 1) * 60.0
        story.see(waits("CrashLoopBackOff", cycle + 1, CRASH))
        assert scene.condition("Degraded") == ("True", "CrashLoopBackOff")
        story.see(container(cycle + 2, running=now - 5, last=CRASH), ready=now)
        assert scene.condition("Degraded") == ("True", "CrashLoopBackOff")
    assert story.events().count("CrashLoopBackOff") == 1
    assert "Recovered" not in story.events()


def test_repeatedly_failing_model_causes_two_events(scene: Scene) -> None:
    """Before its process has ended for the first time, it is not in a loop yet."""
    story = Story(scene)
    scene.cluster.events.clear()
    for restarts in range(4):
        failed = PodReadiness(PodPhase.FAILED, "the self-test was silent", ready=False)
        scene.readiness_client.reported["narrator-0"] = failed
        story.see(container(restarts, running=restarts * 60, last=CRASH if restarts else None))
        assert "the self-test was silent" in scene.status()["conditions"][-1]["message"]
        scene.readiness_client.reported.clear()
        story.see(waits("CrashLoopBackOff", restarts, CRASH))
    assert story.events() == ["ModelFailed", "CrashLoopBackOff"]


def test_a_new_pod_is_not_blamed_for_the_crashes_of_the_old(scene: Scene) -> None:
    story = Story(scene)
    story.see(waits("CrashLoopBackOff", 4, CRASH))
    del scene.cluster.objects["Pod", NAMESPACE, "narrator-0"]
    scene.roll_out()
    scene.settle()
    assert (scene.status()["phase"], scene.condition("Degraded")) == (
        "Ready",
        ("False", "AsExpected"),
    )
