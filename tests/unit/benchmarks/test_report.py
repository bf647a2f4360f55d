"""The page of results and the JSON behind it."""

import dataclasses
from pathlib import Path

from benchmarks.measures import Goal, Row
from benchmarks.outcome import Outcome
from benchmarks.parts.memory import Memory, outcome_of
from benchmarks.race.tables import rows_table
from benchmarks.report import figure, goals_table, page, reasons
from benchmarks.results import Circumstances, Part, from_json, processor_name, to_json

CIRCUMSTANCES = Circumstances(
    "python -m benchmarks", "a machine, 2 cores", "Python 3.11", 0.25, "2026-01-02 03:04 UTC", 61.0
)
SERVED = Row(
    "service", 32, 3, 384, 5, 25.25, 113.4, (1200.0, 1900.0, 2500.0), None, (24.0, 26.0), 4
)
RAW = Row("raw model", 32, 3, 384, 0, 30.0, 135.0, None, None, (29.0, 31.0))
MET = Goal("against raw", 0.84, 0.7, is_floor=True, unit="x", spread=(0.8, 0.84, 0.9))
MISSED = Goal("overhead", 7.1, 5.0, is_floor=False, unit="ms")
COMPARED = Part(
    CIRCUMSTANCES,
    Outcome((MET, MISSED), ("## STT, demo", "- A note."), {"rows": [{"system": "service"}]}),
)
GROWN = Memory(
    "stt",
    ((500, 100 * 2**20), (5500, 104 * 2**20), (10500, 101 * 2**20)),
    0,
    Goal("memory growth", 1.0, 1.0, is_floor=False, unit="%"),
)
REMEMBERED = Part(CIRCUMSTANCES, outcome_of([GROWN]))
PARTS = {"stt-demo": COMPARED, "memory": REMEMBERED}


def test_each_goal_is_shown_with_its_figure_and_whether_it_is_met() -> None:
    met, missed, grown = goals_table(PARTS).splitlines()[2:]
    assert met == "| against raw | ≥ 0.7x | 0.84x | 0.80, 0.84, 0.90 | yes |"
    assert missed == "| overhead | ≤ 5 ms | 7.10 ms |  | **no** |"
    assert grown == "| memory growth | ≤ 1 % | 1.00 % |  | yes |"


def test_a_goal_without_a_measurement_is_shown_as_not_measured() -> None:
    unknown = Goal("overhead", None, 5.0, is_floor=False, unit="ms")
    part = Part(CIRCUMSTANCES, Outcome((unknown,)))
    assert "| not measured |  | **no** |" in goals_table({"part": part})


def test_a_negative_time_is_noise_and_meets_no_goal() -> None:
    odd = Goal("overhead", -35.2, 5.0, is_floor=False, unit="ms")
    part = Part(CIRCUMSTANCES, Outcome((odd,)))
    assert not odd.is_met
    assert "| -35.2 ms: noise |  | unknown |" in goals_table({"part": part})


def test_the_table_has_a_line_for_each_system_its_refusals_and_errors() -> None:
    raw, served = rows_table([RAW, SERVED]).splitlines()[2:]
    assert raw == "| raw model | 32 | 30.0 | 29.0 to 31.0 | 135 |  |  |  | 384 | 0 | 0 |"
    assert (
        served == "| service | 32 | 25.2 | 24.0 to 26.0 | 113 | 1200 | 1900 | 2500 | 384 | 4 | 5 |"
    )


def test_first_audio_has_columns_only_where_there_is_some() -> None:
    spoken = Row("service", 1, 3, 48, 0, 4.0, 20.0, (250.0, 400.0, 410.0), (90.0, 120.0, 130.0))
    assert "first audio" not in rows_table([SERVED])
    assert "| 90.0 | 120 | 130 | 48 | 0 | 0 |" in rows_table([SERVED, spoken])


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    spoken = Row("service", 1, 3, 48, 0, 4.0, 20.0, (250.0, 400.0, 410.0), (90.0, 120.0, 130.0))
    tables = (
        goals_table(PARTS),
        rows_table([RAW, SERVED]),
        rows_table([RAW, spoken]),
        REMEMBERED.outcome.sections[-1],
    )
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_memory_is_shown_before_after_and_at_its_most() -> None:
    line = REMEMBERED.outcome.sections[-1].splitlines()[2]
    assert line == "| stt | 500 to 10500 | 100.0 | 104.0 | 101.0 | 0 |"


def test_the_page_names_the_command_the_machine_and_its_load() -> None:
    text = page(PARTS)
    assert "`python -m benchmarks`" in text
    assert "a machine, 2 cores; Python 3.11; load average just before: 0.2." in text
    assert "- A note." in text
    assert "![Throughput, latency and memory](results.png)" in text


def test_a_part_measured_on_a_busy_machine_says_so() -> None:
    facts = dataclasses.replace(CIRCUMSTANCES, load_before=7.5)
    busy = dataclasses.replace(COMPARED, circumstances=facts)
    assert "busy with other work" in page({"stt-demo": busy})
    assert "busy with other work" not in page(PARTS)


def test_a_goal_that_is_missed_says_why_below_the_table() -> None:
    goal = dataclasses.replace(MISSED, why="the loop holds the interpreter")
    part = Part(CIRCUMSTANCES, Outcome((MET, goal)))
    assert reasons({"part": part}) == ["- overhead: the loop holds the interpreter"]
    assert "- overhead: the loop holds the interpreter" in page({"part": part})
    assert reasons(PARTS) == []


def test_the_page_names_the_parts_that_were_not_measured() -> None:
    assert "Not measured yet: `tts`, `load`." in page(PARTS, ["tts", "load"])
    assert "Not measured" not in page(PARTS)


def test_a_part_without_text_has_its_name_as_title() -> None:
    assert "## load" in page({"load": Part(CIRCUMSTANCES, Outcome())})


def test_figures_have_three_digits_that_matter() -> None:
    assert [figure(value) for value in (0.8449, 12.345, 99.94, 1234.5)] == [
        "0.84",
        "12.3",
        "99.9",
        "1234",
    ]


def test_json_gives_back_what_was_put_into_it() -> None:
    assert from_json(to_json(PARTS)) == PARTS


def test_the_processors_name_comes_from_cpuinfo(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor : 0\nmodel name\t: A Processor 9000\n", encoding="utf-8")
    assert processor_name(facts) == "A Processor 9000"
    facts.write_text("cpu family : 25\nmodel : 17\nmodel name : EPYC\n", encoding="utf-8")
    assert processor_name(facts) == "EPYC (family 25, model 17)"
    assert processor_name(tmp_path / "missing")
