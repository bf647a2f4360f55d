"""The report of the chaos tests: what is excused, what is not, and the page."""

from pathlib import Path

import pytest

from benchmarks.chaos.__main__ import main
from benchmarks.chaos.page import page
from benchmarks.chaos.results import Call, Counts, Said, Trial, counted, from_json, keep, to_json


def call(began_s: float, ended_s: float, outcome: str = "ok", again: str = "") -> Call:
    """Returns a request."""
    return Call(began_s, ended_s, outcome, is_kept=False, again=again)


CALLS = (
    call(1, 2),
    call(3, 8),
    call(1, 2, "503 not_ready"),
    call(9, 10.5, "reset"),
    call(10.2, 10.3, "refused", again="ok"),
    call(11, 11.1, "refused", again="refused"),
    call(15, 16, "cut"),
)


def test_without_force_no_failure_is_excused() -> None:
    counts = counted(CALLS)
    assert (counts.in_flight, counts.unnoticed) == ({}, {})
    assert counts.beyond == {"503 not_ready": 1, "reset": 1, "refused": 2, "cut": 1}
    assert (counts.answered, counts.requests, counts.slowest_s) == (2, 7, 5)
    assert counts.second_try_failed == 1


def test_force_excuses_what_was_in_flight_and_what_nobody_could_know() -> None:
    counts = counted(CALLS, forced_s=10, noticed_s=12)
    assert counts.in_flight == {"reset": 1}
    assert counts.unnoticed == {"refused": 2}
    assert counts.beyond == {"503 not_ready": 1, "cut": 1}


def test_without_a_notice_only_what_was_in_flight_is_excused() -> None:
    counts = counted(CALLS, forced_s=10)
    assert counts.unnoticed == {}
    assert counts.beyond == {"503 not_ready": 1, "refused": 2, "cut": 1}


def trial(name: str, beyond: dict[str, int] | None = None) -> Trial:
    """Returns a trial of this name."""
    return Trial(
        name=name,
        fault="One of two was killed.",
        promise="nothing.",
        is_kept=not beyond,
        counts=Counts(answered=9, in_flight={"reset": 2}, beyond=beyond or {}),
        ready_s=38.4,
        timeline=(Said(1.2, "Ready False: a | b"),),
        measured="2026-01-01 00:00 UTC",
    )


def test_a_page_has_a_line_and_a_section_for_each_trial() -> None:
    trials = (trial("kill 9"), trial("drain", {"refused": 3, "cut": 1}))
    assert from_json(to_json(trials)) == trials
    written = page(trials)
    assert "| [kill 9](#kill-9) | 9 | 2 reset | 0 | 0 | 38 | 0.0 | yes |" in written
    assert "| 1 cut, 3 refused | 38 | 0.0 | **no** |" in written
    assert "| 1.2 | Ready False: a \\| b |" in written


def test_a_trial_that_was_run_again_replaces_only_itself(tmp_path: Path) -> None:
    earlier, later = tmp_path / "earlier", tmp_path / "later"
    keep(trial("drain", {"cut": 1}), earlier)
    keep(trial("kill 9"), earlier)
    assert main(earlier, tmp_path) == 0
    keep(trial("drain"), later)
    assert main(later, tmp_path) == 0
    assert from_json((tmp_path / "chaos.json").read_text()) == (trial("drain"), trial("kill 9"))
    assert "**no**" not in (tmp_path / "chaos.md").read_text()


def test_without_any_trial_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tmp_path, tmp_path) == 1
    assert "make test-chaos" in capsys.readouterr().err
    assert not (tmp_path / "chaos.md").exists()
