"""The race guard: what counts as fallen, and what is kept over the commits."""

import json
from pathlib import Path

import pytest

from benchmarks.guard.__main__ import KEPT, as_json, verdict
from benchmarks.guard.history import Entry, draw, keep, read
from benchmarks.guard.race import STT, TTS, Heat, Lane
from benchmarks.guard.verdict import better_of, fallen, missing, ratio
from benchmarks.measures import Round

HELD = {"STT, 1 client": 0.8, "TTS, 1 client": 0.9}


def test_a_ratio_falls_when_it_loses_more_than_a_quarter() -> None:
    assert fallen({"STT, 1 client": 0.61, "TTS, 1 client": 0.9}, HELD) == []
    (one,) = fallen({"STT, 1 client": 0.59, "TTS, 1 client": 2.0}, HELD)
    assert one.name == "STT, 1 client"
    assert "0.59x of the raw loop, 26 % less than the 0.80x" in one.line()


def test_a_ratio_that_nobody_keeps_cannot_fall_but_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured = {"STT, 1 client": 0.8, "STT, 9 clients": 0.1}
    assert verdict(measured, HELD) == 0
    assert missing(measured, HELD) == ["STT, 9 clients", "TTS, 1 client"]
    assert "STT, 9 clients: only measured or only kept" in capsys.readouterr().out


def test_a_fallen_ratio_fails_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict({"STT, 1 client": 0.5, "TTS, 1 client": 0.9}, HELD) == 1
    assert "FALLEN  STT, 1 client" in capsys.readouterr().out


def test_the_better_of_two_runs_counts() -> None:
    assert better_of({"a": 0.5, "b": 0.9}, {"a": 0.8, "b": 0.7}) == {"a": 0.8, "b": 0.9}


def test_a_ratio_is_the_median_of_pairs_and_failures_make_nothing_faster() -> None:
    served = [Round(2.0, 10, 0.0), Round(1.0, 5, 0.0, errors=5), Round(1.0, 10, 0.0)]
    raw = [Round(1.0, 10, 0.0)] * 3
    assert ratio(served, raw) == pytest.approx(0.5)


def test_no_ratio_is_kept_that_is_not_raced() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert set(kept) <= {heat.name for heat in (*STT, *TTS)}
    assert as_json({"a": 0.12345}) == '{\n  "a": 0.123\n}\n'


def test_who_begins_alternates(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def served(_address: str, requests: list[object], _clients: int) -> Round:
        order.append("service")
        return Round(1.0, len(requests), 0.0)

    def looped(_name: str, places: range, _batch: int) -> Round:
        order.append("loop")
        return Round(2.0, len(places), 0.0)

    class Quiet:
        address = "http://127.0.0.1:9"

    monkeypatch.setattr("benchmarks.guard.race.run", served)
    lane = Lane(Quiet(), looped, [object()] * 8, [Heat("one", 1, 4, 1)])  # type: ignore[arg-type, list-item]
    assert lane.ratios(3, lambda _line: None) == {"one": 2.0}
    assert order[2:] == ["service", "loop", "loop", "service", "service", "loop"]


def entry(commit: str, ratio_of_it: float) -> Entry:
    return Entry(commit, "2026-01-02", "a machine", {"STT, 1 client": ratio_of_it})


def test_a_commit_that_is_raced_again_replaces_its_line(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert read(path) == []
    for one in (entry("aaa", 0.5), entry("bbb", 0.6), entry("aaa", 0.7)):
        kept = keep(path, one)
    assert kept == read(path) == [entry("bbb", 0.6), entry("aaa", 0.7)]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_the_history_is_drawn_also_where_a_ratio_is_new(tmp_path: Path) -> None:
    newer = Entry("bbb", "2026-01-03", "a machine", {"STT, 1 client": 0.7, "TTS, 1 client": 0.9})
    draw([entry("aaa", 0.5), newer], tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
