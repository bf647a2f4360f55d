"""The error in a container's last output: whole lines, no healthy ones."""

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_operator.status.last_output import MOST_CHARS, last_error
from nemo_voice_serving.logs import JsonFormatter, TerminalFormatter

FRAME = '  File "/opt/nemo_voice_tts/backends/nemo.py", line 12, in load\n    raise error\n'
TRACEBACK = f"Traceback (most recent call last):\n{FRAME * 3}NoDevice: no NVIDIA driver found"


def record(level: str, event: str, **fields: Any) -> str:
    return json.dumps({"time": "2026-01-01", "level": level, "event": event, **fields})


HEALTHY = [record("info", "request finished", path="/synthesize", run_s=0.1)] * 3


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ""),
        (HEALTHY, ""),
        ([*HEALTHY, record("warning", "slow")], ""),
        (
            [*HEALTHY, record("error", "service failed", reason="the self-test is silent")],
            "service failed: the self-test is silent",
        ),
        ([record("error", "start failed", exception=TRACEBACK)], "start failed: NoDevice: no NV"),
        ([record("error", "a"), *HEALTHY, record("critical", "b"), *HEALTHY], "a\nb"),
        ([record("error", "again")] * 5, "again"),
        ([*HEALTHY, *TRACEBACK.splitlines()], "NoDevice: no NVIDIA driver found"),
        ([*HEALTHY, "Segmentation fault (core dumped)"], "Segmentation fault (core dumped)"),
        (["I0101 cuda is here", *HEALTHY], ""),
        (["error: no setting MODLE", "error: no setting PROT"], "error: no setting MODLE\nerror"),
        ([HEALTHY[0][40:], *HEALTHY], ""),
        ([record("error", "x", exception=TRACEBACK)[60:], *HEALTHY], "NoDevice: no NVIDIA driver"),
        (["12:00:00.123 info    ready ", "12:00:01.123 error   no device code=1"], "no device"),
        ([json.dumps({"level": ["error"], "event": "not ours"})], ""),
        (["[1, 2]"], "[1, 2]"),
    ],
)
def test_error_is_told_in_whole_lines(lines: list[str], expected: str) -> None:
    found = last_error("\n".join(lines))
    assert found.startswith(expected)
    assert bool(found) == bool(expected)


def test_error_before_healthy_lines_is_not_why_a_process_was_killed() -> None:
    output = "\n".join([record("error", "request failed"), *HEALTHY])
    assert last_error(output) == "request failed"
    assert last_error(output, only_at_end=True) == ""
    assert last_error("\n".join([*HEALTHY, record("error", "x")]), only_at_end=True) == "x"


def test_first_line_of_a_full_output_is_cut_and_left_out() -> None:
    output = "\n".join(["ut off somewhere", *["y" * 99] * 25])[-2048:]
    found = last_error(output)
    assert set(found.splitlines()) == {"y" * 99}
    assert len(found) <= MOST_CHARS


def test_only_the_end_of_a_line_that_is_too_long_is_told() -> None:
    found = last_error("first " + "x" * 5000 + " last")
    assert found.startswith("…x")
    assert found.endswith(" last")
    assert len(found) == MOST_CHARS + 1


@pytest.mark.parametrize("formatter", [JsonFormatter(), TerminalFormatter()])
def test_error_of_both_log_formats_is_found(formatter: logging.Formatter) -> None:
    def line(level: int, event: str) -> str:
        return formatter.format(logging.LogRecord("n", level, "f", 1, event, None, None))

    lines = [line(logging.INFO, "ready"), line(logging.ERROR, "no device")]
    assert last_error("\n".join(lines)) == "no device"
    assert last_error("\n".join(lines[:1])) == ""


@settings(deadline=None, database=None, derandomize=True, max_examples=60)
@given(st.text() | st.lists(st.sampled_from([*HEALTHY, TRACEBACK, '\\n"}', "{", '"'])).map("".join))
def test_any_output_is_told_without_a_fault(output: str) -> None:
    assert len(last_error(output)) <= MOST_CHARS + 1
