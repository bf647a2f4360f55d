"""Log lines: JSON for machines, one line for each record, its facts beside what each line has."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from nemo_voice_operator.logs import JsonFormatter, configure_logging


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    root, kopf = logging.getLogger(), logging.getLogger("kopf")
    handlers, level, kopf_level = root.handlers[:], root.level, kopf.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    kopf.setLevel(kopf_level)


def line(
    message: str = "reconcile failed", exc_info: Any = None, **extra: object
) -> dict[str, Any]:
    record = logging.makeLogRecord(
        {
            "name": "nemo_voice_operator",
            "levelname": "WARNING",
            "msg": message,
            "created": 0.25,
            "exc_info": exc_info,
            **extra,
        }
    )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    told: dict[str, Any] = json.loads(text)
    return told


def test_a_record_is_one_line_with_its_facts() -> None:
    assert line(voiceservice="narrator", seconds=1.5) == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "warning",
        "logger": "nemo_voice_operator",
        "message": "reconcile failed",
        "voiceservice": "narrator",
        "seconds": 1.5,
    }


def test_a_fact_never_hides_what_every_line_has() -> None:
    told = line(time="now", level="loud")
    assert (told["time"], told["level"]) == ("1970-01-01T00:00:00.250Z", "warning")
    assert (told["_time"], told["_level"]) == ("now", "loud")


def test_what_is_no_plain_value_is_left_out() -> None:
    assert "thing" not in line(thing=object())


def test_an_error_is_told_whole() -> None:
    try:
        raise ValueError("no such thing")
    except ValueError:
        told = line(exc_info=sys.exc_info())
    assert told["error"].endswith("ValueError: no such thing")


@pytest.mark.parametrize(("style", "is_json"), [("json", True), ("text", False)])
def test_records_reach_the_standard_error_in_the_style_that_was_asked_for(
    style: Any, is_json: bool, root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", style)
    logging.getLogger("nemo_voice_operator.x").info("became leader")
    logging.getLogger("nemo_voice_operator.x").debug("not told")
    logging.getLogger("kopf.y").info("not told either")
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("{") == is_json
    assert "became leader" in told
