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


def test_a_stage_of_one_step_passes_its_options_on() -> None:
    run = Recorder()
    assert main(["tts-fastpitch", "--steps", "5"], run) == 0
    assert run.ran == [Step("tts.fastpitch", ("--steps", "5"))]


def test_all_delivers_the_voice_before_the_recogniser_is_trained_on_it() -> None:
    run = Recorder()
    assert main(["all"], run) == 0
    names = [step.module for step in run.ran]
    assert names.index("tts.deliver") < names.index("asr.demo_voice")
    assert len(run.ran) == len(STAGES["all"])


def test_a_failed_step_ends_the_stage_with_its_code() -> None:
    run = Recorder(failing="tts.vocoder")
    assert main(["tts"], run) == 1
    assert run.ran[-1].module == "tts.vocoder"


def test_a_stage_of_several_steps_refuses_options() -> None:
    run = Recorder()
    assert main(["all", "--steps", "5"], run) == 2
    assert not run.ran


def test_an_unknown_stage_prints_the_list_of_stages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cook"]) == 2
    assert "vocoder" in capsys.readouterr().out


def test_every_step_is_a_module_of_the_recipe() -> None:
    assert all(find_spec(f"recipe.{step.module}") for step in STAGES["all"])
