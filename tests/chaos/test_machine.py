"""A device that is gone and a clock that jumps, in one of two pods under load."""

import pytest

from support.chaos.subjects import restarts
from support.chaos.tampered import remove_device, set_clock, tamper
from support.chaos.trials import MARKS, trial
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

OUT_OF_ENDPOINTS_S = 25.0
JUMPS = ("+2h", "-2h", "+0")

pytestmark = MARKS


@pytest.fixture(scope="module")
def created_listener(created_listener: str, voices: VoiceNamespace) -> str:
    """The recogniser, whose pods can be hurt from inside."""
    until("its Deployment", lambda: created_listener in voices.names("deployments"))
    tamper(voices, created_listener)
    return created_listener


def test_a_lost_device_costs_what_is_in_flight(listener: str, voices: VoiceNamespace) -> None:
    fault = "Every computation of one of two pods failed as on a GPU that is gone."
    with trial(voices, listener, "device gone", fault) as running:
        pod = voices.pods(listener)[0]
        before = restarts(voices, pod)
        running.begin(by_force=True)
        remove_device(voices, pod)
        running.wait_until_lost(pod["status"]["podIP"], OUT_OF_ENDPOINTS_S)
        until("another process", lambda: restarts(voices, pod) > before, 180)
        running.wait_until_ready(2)


def test_a_clock_that_jumps_costs_no_request(listener: str, voices: VoiceNamespace) -> None:
    before = {one["metadata"]["name"]: restarts(voices, one) for one in voices.pods(listener)}
    fault = "The time of day of one of two pods jumped two hours ahead, four back, and home."
    with trial(voices, listener, "clock jump", fault) as running:
        pod = voices.pods(listener)[0]
        running.begin()
        for offset in JUMPS:
            set_clock(voices, pod, offset)
            running.load.wait_for(12)
        running.wait_until_ready(2)
        now = {one["metadata"]["name"]: restarts(voices, one) for one in voices.pods(listener)}
        assert now == before
