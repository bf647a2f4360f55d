"""The phases of a service and what readiness says in each."""

from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase


class Clock:
    """A clock that moves by one second each time it is read."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Returns the present, a second later than the last."""
        self.now_s += 1.0
        return self.now_s


def test_a_starting_service_is_not_ready_and_says_why() -> None:
    lifecycle = Lifecycle(Clock())
    lifecycle.explain("downloading 3 of 4 GB")
    readiness = lifecycle.readiness()
    assert not readiness.ready
    assert readiness.phase is Phase.FETCHING
    assert readiness.reason == "downloading 3 of 4 GB"


def test_a_requirement_that_is_not_met_makes_a_ready_service_unready_until_it_is() -> None:
    lifecycle, troubles = Lifecycle(Clock()), ["no key"]
    lifecycle.require(lambda: troubles[0] if troubles else None)
    assert lifecycle.readiness().reason == "the model's files are being made ready"
    lifecycle.enter(Phase.READY)
    assert (lifecycle.readiness().ready, lifecycle.readiness().reason) == (False, "no key")
    lifecycle.self_test_finished("the sound is silence")
    assert lifecycle.readiness().reason == "the sound is silence"
    lifecycle.self_test_finished(None)
    troubles.clear()
    assert (lifecycle.readiness().ready, lifecycle.readiness().reason) == (True, None)


def test_seconds_are_kept_for_each_phase() -> None:
    lifecycle = Lifecycle(Clock())
    lifecycle.enter(Phase.LOADING)
    lifecycle.enter(Phase.WARMING)
    lifecycle.enter(Phase.READY)
    assert lifecycle.readiness().seconds == {"fetching": 1, "loading": 1, "warming": 1, "ready": 1}


def test_ready_means_that_the_last_self_test_passed() -> None:
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.READY)
    assert lifecycle.readiness().ready
    lifecycle.self_test_finished("no sound", seconds=1.0)
    assert not lifecycle.readiness().ready
    assert lifecycle.readiness().reason == "no sound"
    lifecycle.self_test_finished(None, seconds=1.0)
    assert lifecycle.readiness().ready


def test_a_drain_ends_only_in_the_end_or_in_failure() -> None:
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.DRAINING)
    lifecycle.enter(Phase.READY)
    assert lifecycle.is_draining
    lifecycle.enter(Phase.FAILED, "device lost")
    assert lifecycle.has_failed


def test_nothing_follows_failure() -> None:
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.FAILED, "no such model")
    lifecycle.enter(Phase.READY)
    assert lifecycle.readiness().reason == "no such model"


def test_listeners_are_called_with_the_present_phase_and_every_change() -> None:
    heard: list[Phase] = []
    lifecycle = Lifecycle()
    lifecycle.listen(heard.append)
    lifecycle.enter(Phase.LOADING)
    assert heard == [Phase.FETCHING, Phase.LOADING]
