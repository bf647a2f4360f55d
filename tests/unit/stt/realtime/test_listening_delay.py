"""How far behind its audio a session is, by when its messages were read."""

import pytest

from nemo_voice_stt.realtime.listening_delay import ListeningDelay


class Listening:
    """A session whose clock a test sets."""

    def __init__(self) -> None:
        self.now_s, self.audio_s = 0.0, 0.0
        self.delay = ListeningDelay(lambda: self.now_s)

    def read(self, audio_s: float, *, waited_s: float = 0.0, took_s: float = 0.0) -> float | None:
        """Returns how late this piece was listened to."""
        self.now_s += waited_s
        self.delay.received(waited_s)
        self.now_s += took_s
        self.audio_s += audio_s
        return self.delay.listened(self.audio_s)


def test_audio_that_is_waited_for_is_late_by_what_listening_to_it_takes() -> None:
    session = Listening()
    for _ in range(50):
        assert session.read(0.02, waited_s=0.015, took_s=0.005) == pytest.approx(0.005)


def test_a_session_that_takes_longer_than_its_audio_lasts_falls_behind() -> None:
    session = Listening()
    session.read(0.1, waited_s=0.1, took_s=0.1)
    late = [session.read(0.1, took_s=0.15) for _ in range(20)]
    assert late == pytest.approx([0.1 + 0.05 * count for count in range(1, 21)])


def test_it_catches_up_again() -> None:
    session = Listening()
    session.read(0.1, waited_s=0.1, took_s=1.0)
    late = [session.read(0.1, took_s=0.01) for _ in range(9)]
    assert late == pytest.approx([1.0 - 0.09 * count for count in range(1, 10)])
    session.read(0.1, waited_s=0.09, took_s=0.01)
    assert session.read(0.1, waited_s=0.09, took_s=0.01) == pytest.approx(0.01)


@pytest.mark.parametrize("pause_s", [0.05, 0.5, 60.0])
def test_a_client_that_pauses_makes_nobody_late(pause_s: float) -> None:
    session = Listening()
    for _ in range(5):
        session.read(0.02, waited_s=0.02)
    assert session.read(0.02, waited_s=pause_s) == 0
    assert session.read(0.02, waited_s=0.02) == 0


def test_a_network_that_stalls_makes_nobody_late() -> None:
    session = Listening()
    for _ in range(5):
        session.read(0.02, waited_s=0.02)
    assert session.read(0.02, waited_s=2.0) == 0
    assert [session.read(0.02) for _ in range(100)] == [0] * 100


def test_a_file_counts_from_when_it_was_read() -> None:
    session = Listening()
    session.read(1.0, waited_s=0.1)
    assert [session.read(1.0, took_s=0.05) for _ in range(10)] == pytest.approx([0.05] * 10)


def test_messages_without_audio_are_no_listening() -> None:
    session = Listening()
    assert session.read(0.0, waited_s=1.0) is None
    assert session.read(0.02, waited_s=1.0) == 0
    assert session.read(0.0) is None
