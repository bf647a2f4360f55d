"""Log lines: JSON for machines, text for people, the request id in both."""

import asyncio
import io
import json
import logging
import sys
import threading
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
    exception = json.loads(stream.getvalue())["exception"]
    assert 'raise ValueError("boom")' in exception  # the line of code
    assert exception.endswith("ValueError (message not logged: it may quote a request)")


def test_a_text_line_is_readable(stream: io.StringIO) -> None:
    logs.configure_logging("debug", "text", stream)
    try:
        raise ValueError("boom")
    except ValueError:
        logging.getLogger("x").warning(
            "self-test failed", extra={"failure": "quiet"}, exc_info=True
        )
    assert "warning self-test failed failure=quiet\n" in stream.getvalue()
    assert "ValueError (message not logged" in stream.getvalue()


@pytest.mark.parametrize("style", ["json", "text"])
def test_only_our_own_details_are_written(stream: io.StringIO, style: str) -> None:
    logs.configure_logging("debug", style, stream)
    logging.getLogger("a_library.forms").debug("part: what a client wrote")
    logging.getLogger("nemo_voice_tts.app").debug("batch finished")
    logging.getLogger("a_library.forms").info("started")
    assert "what a client wrote" not in stream.getvalue()
    assert stream.getvalue().count("batch finished") == 1
    assert stream.getvalue().count("started") == 1


async def test_what_the_event_loop_reports_is_one_line_without_values(stream: io.StringIO) -> None:
    logs.configure_logging("debug", "json", stream)
    context = {"message": "Exception in callback f('marker')", "exception": ValueError("marker")}
    logs.log_loop_error(asyncio.get_running_loop(), context)
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "event loop error"
    assert "marker" not in line


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


def test_other_packages_are_withheld_once_requests_are_served_and_not_at_debug(
    stream: io.StringIO,
) -> None:
    other, ours = logging.getLogger("some.package"), logging.getLogger("nemo_voice_x")
    for level, expected in (("info", False), ("debug", True)):
        logs.configure_logging(level, "json", stream)
        with logs.private_output() as withhold:
            other.warning("before")
            withhold()
            other.warning("secret %s", level, extra={"text": f"field {level}"})
            ours.warning("our event")
            sys.stderr.write(f"printed {level}")
        other.warning("after")
        assert (f"secret {level}" in stream.getvalue()) is expected
        assert (f"field {level}" in stream.getvalue()) is expected
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events.count("before") == events.count("after") == events.count("our event") == 2


def test_streams_and_hooks_are_given_back() -> None:
    before = sys.stdout, sys.stderr, sys.unraisablehook, threading.excepthook
    with logs.private_output() as withhold:
        withhold()
        assert sys.stdout is not before[0]
        sys.stdout.fileno()  # as programs that are started want it
    assert (sys.stdout, sys.stderr, sys.unraisablehook, threading.excepthook) == before
