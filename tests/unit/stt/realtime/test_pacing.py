"""When the device has room for partials."""

from nemo_voice_stt.realtime.pacing import PartialPacer, PartialPacing


class Clock:
    """A clock that a test sets."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_no_pass_begins_while_other_work_waits() -> None:
    waiting = [1]
    pacer = PartialPacer(PartialPacing(), lambda: waiting[0])
    assert not pacer.may_begin(1.0)
    waiting[0] = 0
    assert pacer.may_begin(1.0)


def test_unfinished_passes_are_as_many_as_a_final_transcript_may_wait_for() -> None:
    pacer = PartialPacer(PartialPacing(max_pending_s=0.25), lambda: 0)
    pacer.measured(1.0, 0.1)
    with pacer.passing(1.0), pacer.passing(1.0):
        assert not pacer.may_begin(1.0)
    assert pacer.may_begin(1.0)


def test_one_pass_that_takes_longer_may_begin_by_itself() -> None:
    pacer = PartialPacer(PartialPacing(max_pending_s=0.25), lambda: 0)
    pacer.measured(1.0, 0.1)
    assert pacer.may_begin(15.0)
    with pacer.passing(15.0):
        assert not pacer.may_begin(0.1)


def test_partials_take_their_share_of_the_device_and_no_more() -> None:
    clock = Clock()
    pacer = PartialPacer(PartialPacing(max_share=0.5), lambda: 0, clock)
    taken_s = 0.0
    while clock.now_s < 100:
        clock.now_s += 0.01
        if pacer.may_begin(5.0):
            pacer.measured(5.0, 0.2)
            taken_s += 0.2
    assert 49 < taken_s < 52


def test_without_a_share_there_are_none() -> None:
    assert not PartialPacer(PartialPacing(max_share=0.0), lambda: 0).may_begin(1.0)
