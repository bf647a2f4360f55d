"""How long the slowest step of a warm-up takes."""

from nemo_voice_serving.runtime.runtime import StepTimer


def test_the_slowest_step_is_measured_and_each_is_passed_on() -> None:
    now_s = [0.0]
    steps: list[str] = []
    timer = StepTimer(steps.append, clock=lambda: now_s[0])
    assert timer.slowest_s() == 0
    for step, seconds in [("a", 3.0), ("b", 5.0), ("c", 1.0)]:
        timer(step)
        now_s[0] += seconds
    assert steps == ["a", "b", "c"]
    assert timer.slowest_s() == 5
    now_s[0] += 6
    assert timer.slowest_s() == 7
