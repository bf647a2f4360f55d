"""The bounded queue: counted in work, refused at once, with an honest time to come back."""

import pytest

from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.errors import Overloaded
from support.models.observers import RecordingObserver


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Returns the present."""
        return self.now_s


def admission_of(
    max_work: float, clock: Clock, observer: RecordingObserver | None = None
) -> Admission:
    return Admission(
        max_work,
        unit="seconds",
        assumed_rate=10.0,
        observer=observer or RecordingObserver(),
        clock=clock,
    )


def test_work_beyond_the_limit_is_refused_at_once_with_a_time() -> None:
    admission = admission_of(100, Clock())
    with admission.admit(90), pytest.raises(Overloaded) as refused, admission.admit(60):
        pass
    # 50 too many at the assumed 10 a second.
    assert refused.value.headers() == {"Retry-After": "5", "retry-after-ms": "5000"}


def test_room_comes_back_when_the_work_ends_even_by_an_error() -> None:
    admission = admission_of(100, Clock())
    with pytest.raises(ValueError, match="boom"), admission.admit(100):
        raise ValueError("boom")
    assert admission.work == 0
    with admission.admit(100):
        assert admission.work == 100


def test_rounding_errors_leave_no_work_behind() -> None:
    admission = admission_of(10, Clock())
    with admission.admit(0.1), admission.admit(0.2), admission.admit(0.7):
        pass
    assert admission.work == 0
    with admission.admit(1000):
        pass


def test_a_request_larger_than_the_limit_is_admitted_into_an_empty_service() -> None:
    admission = admission_of(10, Clock())
    with admission.admit(1000), pytest.raises(Overloaded), admission.admit(1):
        pass


def test_the_rate_is_measured_while_busy() -> None:
    clock = Clock()
    admission = admission_of(1000, clock)
    for _ in range(100):
        with admission.admit(50):
            clock.now_s += 1.0
        clock.now_s += 7.0
    with admission.admit(100):
        assert admission.drain_s == pytest.approx(2.0, rel=0.1)


def test_the_observer_receives_every_change() -> None:
    observer = RecordingObserver()
    admission = admission_of(100, Clock(), observer)
    with admission.admit(40):
        pass
    assert observer.work == [40, 0]


def test_a_full_service_refuses_before_any_work() -> None:
    admission = admission_of(100, Clock())
    admission.refuse_when_full()
    with admission.admit(100), pytest.raises(Overloaded):
        admission.refuse_when_full()


def test_an_unlimited_admission_admits_what_comes() -> None:
    admission = Admission.unlimited()
    with admission.admit(1e9), admission.admit(1e9):
        admission.refuse_when_full()
