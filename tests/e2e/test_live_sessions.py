"""Live sessions on a real node: through a change of their pods, and as the load that scales."""

from contextlib import ExitStack

import pytest

from support.http.live_speakers import open_session, speaking
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

SPEAKERS = 20
RESTART = 1012

pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


def test_a_rollout_under_twenty_live_sessions_loses_no_utterance(speech: VoiceNamespace) -> None:
    speech.create_voice("live")
    speech.wait_for_phase("live", "Ready")
    before = set(speech.pod_names("live"))
    with speaking(speech.address("live"), SPEAKERS) as heard:
        until("everybody was heard", lambda: heard.everybody_has(2), 240)
        assert heard.ended == []
        speech.change("live", podAnnotations={"example.com/change": "1"})
        until("another pod", lambda: not before & set(speech.pod_names("live")), 600)
        until("every session ended", lambda: len(heard.ended) >= SPEAKERS, 180)
        so_far = [*heard.answered]
        until(
            "everybody was heard by the new pod",
            lambda: all(now > then for now, then in zip(heard.answered, so_far, strict=True)),
            240,
        )
    # Each session was told to come back once, after its utterance, and every one of these came.
    assert heard.ended == [RESTART] * SPEAKERS
    assert heard.lost == []
    assert len(heard.words) == 1, "a transcript was cut or mixed"
    speech.wait_until_settled("live")
    speech.kubectl("delete", "voice", "live")


def test_replicas_follow_the_sessions_that_are_open(speech: VoiceNamespace) -> None:
    windows = {"upWindowSeconds": 0, "downWindowSeconds": 20}
    speech.create_voice("quiet", scaling={"min": 1, "max": 2, "target": {"sessions": 2}, **windows})
    speech.wait_for_phase("quiet", "Ready")
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(open_session(speech.address("quiet")))
        until("another pod", lambda: len(speech.pod_names("quiet")) == 2, 60)
        load = speech.status("quiet")["load"]
        assert load["inFlight"] == 0, "nobody speaks"
        assert load["sessions"] == 3
    until("one pod", lambda: len(speech.pod_names("quiet")) == 1, 180)
    speech.kubectl("delete", "voice", "quiet")
