"""Log lines: JSON for machines, text for people, the request id in both."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from nemo_voice_serving import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A stream that the root logger writes to, until the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_a_json_line_has_the_event_and_its_fields(stream: io.StringIO) -> None:
    logs.configure_logging("info", "auto", stream)
    token = logs.request_id.set("r1")
    logging.getLogger("x").info("batch finished", extra={"items": 8})
    logs.request_id.reset(token)
    line = json.loads(stream.getvalue())
    assert line["event"] == "batch finished"
    assert (line["items"], line["request_id"], line["level"]) == (8, "r1", "info")


def test_a_record_s_field_never_replaces_one_of_every_line(stream: io.StringIO) -> None:
    logs.configure_logging("info", "json", stream)
    logging.getLogger("x").info("self-test passed", extra={"level": 0.08})
    line = json.loads(stream.getvalue())
    assert (line["level"], line["_level"]) == ("info", 0.08)


def test_a_json_line_carries_the_exception(stream: io.StringIO) -> None:
    logs.configure_logging("info", "json", stream)
    try:
        raise ValueError("boom")
    except ValueError:
        logging.getLogger("x").exception("batch failed")
    assert "ValueError: boom" in json.loads(stream.getvalue())["exception"]


def test_a_text_line_is_readable(stream: io.StringIO) -> None:
    logs.configure_logging("debug", "text", stream)
    try:
        raise ValueError("boom")
    except ValueError:
        logging.getLogger("x").warning(
            "self-test failed", extra={"failure": "quiet"}, exc_info=True
        )
    assert "warning self-test failed failure=quiet\n" in stream.getvalue()
    assert "ValueError: boom" in stream.getvalue()


def test_the_own_handlers_of_a_library_are_removed(stream: io.StringIO) -> None:
    logger = logging.getLogger("noisy")
    logger.addHandler(logging.StreamHandler(stream))
    logs.adopt("noisy", logging.ERROR)
    logger.warning("chatter")
    assert logger.handlers == []
    assert stream.getvalue() == ""


def test_a_malformed_request_writes_no_line(stream: io.StringIO) -> None:
    logs.configure_logging("info", "json", stream)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["level"] == "error"
