"""Pods that are replaced, killed, told to end, frozen, or run out of memory, under load."""

import signal

from support.chaos.load import SYNTHESIZE
from support.chaos.processes import send, serving_process
from support.chaos.subjects import SMALL, in_pod, restarts, wait_until_whole
from support.chaos.trials import MARKS, trial
from support.kubernetes.kubectl import released
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

pytestmark = MARKS

OUT_OF_ENDPOINTS_S = 25.0
"""Twice the readiness probe's ten seconds and a late response, as no core is to spare."""
EATERS = """
import os, time
for _ in range(12):
    if not os.fork():
        # Each is smaller than the service, so the kernel takes the service.
        held = bytearray(300_000_000)
        time.sleep(30)
        os._exit(0)
time.sleep(20)
"""


def test_a_new_image_costs_no_request(listener: str, voices: VoiceNamespace) -> None:
    fault = "The image's name changed: every pod was replaced."
    with trial(voices, listener, "rolling update by image", fault) as running:
        running.begin()
        voices.change(listener, image=released("stt"))
        running.wait_until_ready(2)
    images = {one["image"] for pod in voices.pods(listener) for one in pod["spec"]["containers"]}
    assert images == {released("stt")}


def test_a_new_engine_value_costs_no_request(listener: str, voices: VoiceNamespace) -> None:
    before = voices.pod_names(listener)
    fault = "An engine value changed: every pod was replaced."
    with trial(voices, listener, "rolling update by engine value", fault) as running:
        running.begin()
        voices.change(listener, engine={"maxWaitMs": 7})
        running.wait_until_ready(2)
    assert not set(before) & set(voices.pod_names(listener))


def test_kill_9_costs_what_is_in_flight(listener: str, voices: VoiceNamespace) -> None:
    fault = "The process of one of two pods was killed by SIGKILL."
    with trial(voices, listener, "kill 9", fault, says="SIGKILL") as running:
        pod = voices.pods(listener)[0]
        process = serving_process(pod)
        running.begin(by_force=True)
        send(process, signal.SIGKILL)
        running.wait_until_lost(pod["status"]["podIP"], OUT_OF_ENDPOINTS_S)
        running.wait_until_ready(2)


def test_a_process_that_is_told_to_end_by_itself_costs_no_request(
    listener: str, voices: VoiceNamespace
) -> None:
    fault = "The process of one of two pods got SIGTERM, the pod did not: as by a liveness probe."
    with trial(voices, listener, "SIGTERM to the process", fault) as running:
        pod = voices.pods(listener)[0]
        process = serving_process(pod)
        running.begin()
        send(process, signal.SIGTERM)
        running.wait_until_lost(pod["status"]["podIP"], OUT_OF_ENDPOINTS_S)
        running.wait_until_ready(2)


def test_a_frozen_process_costs_what_was_sent_to_it_before_its_probe_failed(
    listener: str, voices: VoiceNamespace
) -> None:
    fault = "The process of one of two pods was frozen by SIGSTOP until a liveness probe ended it."
    with trial(voices, listener, "SIGSTOP", fault, says="probe") as running:
        pod = voices.pods(listener)[0]
        process, before = serving_process(pod), restarts(voices, pod)
        running.begin(by_force=True)
        send(process, signal.SIGSTOP)
        try:
            lost_s = running.wait_until_lost(pod["status"]["podIP"], OUT_OF_ENDPOINTS_S)
            running.notes.append(f"out of the endpoints after {lost_s:.1f} s")
            until("another process", lambda: restarts(voices, pod) > before, 180)
        finally:
            # Only where the kubelet did not end it: nothing may stay frozen.
            if restarts(voices, pod) == before:
                send(process, signal.SIGCONT)
        running.wait_until_ready(2)


def test_a_full_memory_limit_costs_what_is_in_flight(listener: str, voices: VoiceNamespace) -> None:
    fault = "Processes in the container of one of two pods filled its memory limit."
    with trial(voices, listener, "memory limit", fault, says="memory") as running:
        pod = voices.pods(listener)[0]
        before = restarts(voices, pod)
        running.begin(by_force=True)
        with in_pod(voices, pod, "python", "-c", EATERS):
            until("the service's end", lambda: restarts(voices, pod) > before, 120)
        running.wait_until_lost(pod["status"]["podIP"], OUT_OF_ENDPOINTS_S)
        running.wait_until_ready(2)


def test_a_voice_is_changed_without_a_lost_request(voices: VoiceNamespace) -> None:
    voices.create_voice("narrator", task="tts", replicas=1, **SMALL)
    wait_until_whole(voices, "narrator")
    fault = "An engine value of a voice with one pod changed."
    with trial(
        voices, "narrator", "rolling update of one voice", fault, request=SYNTHESIZE
    ) as running:
        running.begin()
        voices.change("narrator", engine={"maxWaitMs": 7})
        running.wait_until_ready(1)
    voices.kubectl("delete", "voice", "narrator", "--timeout=60s")
