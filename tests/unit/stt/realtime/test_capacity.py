"""How many live sessions may be open."""

import pytest

from nemo_voice_serving.errors import NoCapacity
from nemo_voice_stt.realtime.capacity import Capacity


class Counts:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.sessions: list[int] = []
        self.refused = 0

    def sessions_changed(self, count: int) -> None:
        """Keeps the number."""
        self.sessions.append(count)

    def session_refused(self) -> None:
        """Counts."""
        self.refused += 1


class Clock:
    """A clock that a test sets."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_session_more_than_the_most_is_refused_until_one_ends() -> None:
    counts = Counts()
    capacity = Capacity(1, 1.0, counts)
    with capacity.session(), pytest.raises(NoCapacity, match="at most 1") as refusal:
        capacity.session().__enter__()
    assert refusal.value.retry_after_s == 5
    with capacity.session():
        pass
    assert counts.sessions == [1, 0, 1, 0]
    assert counts.refused == 1


def test_none_is_added_while_those_that_are_open_wait_too_long() -> None:
    clock = Clock()
    capacity = Capacity(100, 1.0, Counts(), clock)
    with capacity.session():
        for final_s in (0.2, 2.0, 3.0):
            capacity.item_finished(final_s)
        with pytest.raises(NoCapacity, match="more than 1 s"):
            capacity.session().__enter__()
        clock.now_s += 20
        with capacity.session():
            pass


def test_none_is_added_while_those_that_are_open_are_heard_late() -> None:
    behind_s = [0.5]
    capacity = Capacity(100, 1.0, Counts(), behind_s=lambda: behind_s[0])
    with capacity.session(), capacity.session():
        behind_s[0] = 1.24
        with pytest.raises(NoCapacity, match=r"The 2 live .* heard 1\.2 s later .* Try again in 5"):
            capacity.session().__enter__()
        behind_s[0] = 0.9
        with capacity.session():
            pass
    behind_s[0] = 60.0
    with capacity.session():
        pass


def test_a_service_without_sessions_takes_one_whatever_was_before() -> None:
    capacity = Capacity(100, 1.0, Counts())
    capacity.item_finished(9.0)
    with capacity.session():
        pass


def test_only_the_newest_transcripts_are_remembered() -> None:
    clock = Clock()
    capacity = Capacity(100, 1.0, Counts(), clock)
    for _ in range(1000):
        clock.now_s += 1
        capacity.item_finished(0.1)
    assert len(capacity._finals) <= 16
