"""Packets that are lost or late between callers and pods."""

from support.chaos.network import delaying, losing
from support.chaos.processes import serving_process
from support.chaos.trials import MARKS, trial
from support.kubernetes.voice_namespace import VoiceNamespace

LOST = 0.1
LATE_S = 0.4
MANY = 40

pytestmark = MARKS


def test_lost_packets_make_requests_slow_and_lose_none(
    listener: str, voices: VoiceNamespace
) -> None:
    fault = f"{LOST:.0%} of the packets of one of two pods were dropped, each way."
    with trial(voices, listener, "packet loss", fault) as running:
        process = serving_process(voices.pods(listener)[0])
        running.begin()
        with losing(process, LOST) as dropped:
            running.load.wait_for(MANY)
            lost = dropped()
        running.notes.append(f"{lost} packets were dropped")
        running.wait_until_ready(2)
    assert lost


def test_late_packets_make_requests_slow_and_lose_none(
    listener: str, voices: VoiceNamespace
) -> None:
    fault = f"Everything between callers and pods came {LATE_S:g} s later, each way."
    with (
        delaying(voices.address(listener)) as proxy,
        trial(voices, listener, "delay", fault, address=proxy.address) as running,
    ):
        running.begin()
        proxy.seconds = LATE_S
        running.load.wait_for(MANY)
        proxy.seconds = 0.0
        running.wait_until_ready(2)
    assert running.counts().slowest_s >= 2 * LATE_S
