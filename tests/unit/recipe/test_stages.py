"""The recipe's command line: which stage runs which steps."""

from importlib.util import find_spec

import pytest

from recipe.__main__ import STAGES, Step, main


class Recorder:
    """Remembers the steps it is given; the module named `failing` fails."""

    def __init__(self, failing: str = "") -> None:
        self.ran: list[Step] = []
        self._failing = failing

    def __call__(self, step: Step) -> int:
        """Whether the step fails."""
        self.ran.append(step)
        return int(step.module == self._failing)


def test_a_stage_hands_its_options_to_its_only_step() -> None:
    run = Recorder()
    assert main(["fastpitch", "--steps", "5"], run) == 0
    assert run.ran == [Step("voice_fastpitch", ("--steps", "5"))]


def test_all_runs_the_voice_before_the_ear_that_learns_its_sound() -> None:
    run = Recorder()
    assert main(["all"], run) == 0
    names = [step.module for step in run.ran]
    assert names.index("voice_deliver") < names.index("ear_voice")
    assert len(run.ran) == len(STAGES["all"])


def test_a_failed_step_ends_the_stage_with_its_code() -> None:
    run = Recorder(failing="voice_vocoder")
    assert main(["voice"], run) == 1
    assert run.ran[-1].module == "voice_vocoder"


def test_several_steps_take_no_options() -> None:
    run = Recorder()
    assert main(["all", "--steps", "5"], run) == 2
    assert not run.ran


def test_an_unknown_stage_is_answered_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cook"]) == 2
    assert "vocoder" in capsys.readouterr().out


def test_every_step_is_a_module_of_the_recipe() -> None:
    assert all(find_spec(f"recipe.{step.module}") for step in STAGES["all"])
