"""The parts of the benchmark and how one run writes them down."""

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.__main__ import write
from benchmarks.measures import Goal
from benchmarks.outcome import Outcome
from benchmarks.parts import PARTS
from benchmarks.results import Circumstances, Part, from_json

LONGEST_RUN_MINUTES = 60
FACTS = Circumstances("python -m benchmarks", "a machine", "Python", 0.1, "2026-01-02", 1.0)


def part(figure: float) -> Part:
    return Part(FACTS, Outcome((Goal("a goal", figure, 1.0, is_floor=True),), ("## A part",)))


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_a_module_that_measures(name: str) -> None:
    assert callable(import_module(f"benchmarks.parts.{name.replace('-', '_')}").measure)


def test_a_whole_run_takes_no_more_than_its_time() -> None:
    assert sum(PARTS.values()) <= LONGEST_RUN_MINUTES


def test_a_part_that_is_measured_again_replaces_itself_alone(tmp_path: Path) -> None:
    write(tmp_path, "memory", part(2.0))
    write(tmp_path, "stt-demo", part(3.0))
    write(tmp_path, "memory", part(4.0))
    kept = from_json((tmp_path / "results.json").read_text(encoding="utf-8"))
    figures = {name: one.outcome.goals[0].measured for name, one in kept.items()}
    assert figures == {"stt-demo": 3.0, "memory": 4.0}
    assert list(figures) == [name for name in PARTS if name in figures]
    assert (tmp_path / "results.png").is_file()
    assert "`tts`" in (tmp_path / "results.md").read_text(encoding="utf-8")
