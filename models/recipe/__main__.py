"""Command line of the recipe, `python -m recipe STAGE`: trains the demo models or a part of them.

Each stage takes up where it was stopped; what follows the stage's name is handed to it.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

_HELP = ("-h", "--help")


@dataclass(frozen=True)
class Step:
    """A module of the recipe and the arguments its `main` gets."""

    module: str
    arguments: tuple[str, ...] = ()


_TTS = {
    "tts-data": (Step("tts.data"),),
    "tts-fastpitch": (Step("tts.fastpitch"),),
    "tts-vocoder": (Step("tts.vocoder"),),
    "tts-deliver": (Step("tts.deliver"),),
}
_ASR = {
    "asr-data": (Step("asr.data"),),
    "asr-train": (
        Step("asr.train", ("--stage", "begin")),
        Step("asr.demo_voice"),
        Step("asr.train", ("--stage", "lattice")),
    ),
    "asr-finetune": (Step("asr.train", ("--stage", "voice")),),
    "asr-deliver": (Step("asr.deliver"),),
}
STAGES: Mapping[str, tuple[Step, ...]] = {
    **_TTS,
    **_ASR,
    "tts": tuple(step for steps in _TTS.values() for step in steps),
    "asr": tuple(step for steps in _ASR.values() for step in steps),
    "all": tuple(step for steps in (_TTS | _ASR).values() for step in steps),
}
"""What each stage runs, in order."""


def run_module(step: Step) -> int:
    """Runs one step in this process; its module is imported only now, for NeMo takes long."""
    main: Callable[[Sequence[str]], int] = import_module(f"recipe.{step.module}").main
    return main(step.arguments)


def main(argv: Sequence[str], run: Callable[[Step], int] = run_module) -> int:
    """Runs the stage that is named up to its first failure, or says which stages there are."""
    if not argv or argv[0] in _HELP or argv[0] not in STAGES:
        sys.stdout.write(f"usage: python -m recipe STAGE [options]\nstages: {', '.join(STAGES)}\n")
        return 0 if argv and argv[0] in _HELP else 2
    stage, *options = argv
    steps = STAGES[stage]
    if options and len(steps) > 1:
        sys.stdout.write(f"{stage} has several steps and takes no options\n")
        return 2
    for number, step in enumerate(steps, start=1):
        sys.stdout.write(f"== {number}/{len(steps)} {step.module} {' '.join(step.arguments)}\n")
        sys.stdout.flush()
        if code := run(Step(step.module, (*step.arguments, *options))):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
