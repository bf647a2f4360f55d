"""What the start's part makes of what was measured."""

from dataclasses import replace

import pytest

from benchmarks.parts.start import Started
from benchmarks.starting import Start, memory

STATUS = "Name:\tpython\nVmRSS:\t    1500 kB\nRssAnon:\t    1000 kB\nRssFile:\t     500 kB\n"
START = Start(
    listening_s=1.0,
    phases_s={"fetching": 0.5, "loading": 4.0, "warming": 1.5, "ready": 0.1},
    ready_s=7.0,
    cpu_s=6.0,
    private_bytes=500_000_000,
    file_bytes=4_500_000_000,
    requests_s=(0.3, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1),
)


def test_memory_is_told_apart_by_whether_files_are_behind_it() -> None:
    assert memory(0, STATUS) == (1000 << 10, 500 << 10)


def test_the_time_after_the_import_is_that_of_the_phases_without_it() -> None:
    started = Started("STT", "stt", (2.5, 3.5, 3.0), (START,))
    assert started.import_s == 3.0
    assert started.after_import_s == 3.0


def test_the_first_request_is_compared_with_later_ones_of_the_same_start() -> None:
    quick = replace(START, requests_s=(0.1,) * 10)
    assert Started("STT", "stt", (3.0,), (START,)).first_ratio == pytest.approx(3.0)
    assert Started("STT", "stt", (3.0,) * 3, (quick, quick, START)).first_ratio == 1.0


def test_the_line_has_a_cell_for_each_column() -> None:
    line = Started("STT, 1.1B", "stt", (3.0,), (START,)).line()
    assert line[0] == "STT, 1.1B"
    assert line[-2:] == ("500", "4,500")
    assert len(line) == 10
