"""Log lines: JSON for machines, one line a record, extra fields beside the standard ones."""

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
    reported: dict[str, Any] = json.loads(text)
    return reported


def test_record_is_one_line_with_its_extra_fields() -> None:
    assert line(voiceservice="narrator", seconds=1.5) == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "warning",
        "logger": "nemo_voice_operator",
        "message": "reconcile failed",
        "voiceservice": "narrator",
        "seconds": 1.5,
    }


def test_extra_field_never_replaces_a_standard_field() -> None:
    reported = line(time="now", level="loud")
    assert (reported["time"], reported["level"]) == ("1970-01-01T00:00:00.250Z", "warning")
    assert (reported["_time"], reported["_level"]) == ("now", "loud")


def test_extra_that_is_no_plain_value_is_left_out() -> None:
    assert "thing" not in line(thing=object())


def test_traceback_is_one_field() -> None:
    try:
        raise ValueError("no such thing")
    except ValueError:
        reported = line(exc_info=sys.exc_info())
    assert reported["error"].endswith("ValueError: no such thing")


@pytest.mark.parametrize(("style", "is_json"), [("json", True), ("text", False)])
def test_records_go_to_stderr_in_the_chosen_style(
    style: Any, is_json: bool, root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", style)
    logging.getLogger("nemo_voice_operator.x").info("became leader")
    logging.getLogger("nemo_voice_operator.x").debug("not logged")
    logging.getLogger("kopf.y").info("not logged either")
    (reported,) = capsys.readouterr().err.splitlines()
    assert reported.startswith("{") == is_json
    assert "became leader" in reported
