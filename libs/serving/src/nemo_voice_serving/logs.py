"""Configures logging once for the process: JSON lines, or readable lines on a terminal.

Only the root logger has a handler, so that it formats the lines of NeMo, uvicorn and
huggingface_hub too. An event is constant text; its details are passed as `extra` and become fields.

No text or transcript of a request is logged: exceptions lose their messages unless `tracebacks.py`
knows that they quote nothing, and of other packages' loggers nothing below info is written. Inside
`private_output`, once requests are served, of other packages only the place is written, and nothing
of what they print: both may quote what they work on. Debug alone shows the messages of packages.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from typing_extensions import override

from nemo_voice_serving.tracebacks import traceback_without_messages

_OURS = "nemo_voice_"

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being served, on the event loop and in the tasks it starts."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}


_WARNING = re.compile(r"(?P<place>[^\n]+?:\d+): (?P<kind>\w+):")
"""How `warnings` begins its messages."""
_WITHHELD = "message of another package, not logged: it may quote a request"

_withholds = False


def _is_withheld(record: logging.LogRecord) -> bool:
    return _withholds and not record.name.startswith(_OURS)


def _event(record: logging.LogRecord) -> str:
    if not _is_withheld(record):
        return record.getMessage()
    if not (record.name.startswith("uvicorn") and isinstance(record.msg, str)):
        return _WITHHELD
    # uvicorn's texts are constants; their arguments have addresses with what follows the `?`.
    are_numbers = isinstance(record.args, tuple) and all(
        isinstance(one, int) for one in record.args
    )
    return record.getMessage() if are_numbers else record.msg


def _fields(record: logging.LogRecord) -> dict[str, object]:
    if _is_withheld(record):
        warned = _WARNING.match(record.getMessage()) if record.name == "py.warnings" else None
        fields: dict[str, object] = (
            dict(warned.groupdict()) if warned else {"place": f"{record.pathname}:{record.lineno}"}
        )
    else:
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    current = request_id.get()
    if current is not None:
        fields.setdefault("request_id", current)
    return fields


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


_ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class _PrivateFormatter(logging.Formatter):
    @override
    def formatException(self, ei: _ExceptionInfo) -> str:
        error = ei[1]
        return "" if error is None else traceback_without_messages(error)


class JsonFormatter(_PrivateFormatter):
    """Formats a record as one JSON object: time, level, logger, event, then its fields."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        # A record's field never replaces one that every line has.
        fields = _fields(record)
        line |= {f"_{key}" if key in line else key: value for key, value in fields.items()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class TerminalFormatter(_PrivateFormatter):
    """Formats a record as one readable line: time, level, event, then its fields as key=value."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{key}={value}" for key, value in _fields(record).items())
        line = f"{_time(record)[11:23]} {record.levelname.lower():7} {_event(record)} {fields}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line.rstrip()


def configure_logging(level: str, style: str = "auto", stream: TextIO = sys.stderr) -> None:
    """Writes every logger's lines to the stream.

    Args:
        level: The lowest level that is written, such as `info`.
        style: `json`, `text`, or `auto`: text on a terminal, JSON elsewhere.
        stream: The stream that the lines are written to.
    """
    as_text = style == "text" or (style == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TerminalFormatter() if as_text else JsonFormatter())
    handler.addFilter(_is_ours_or_no_detail)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in (
        "httpx",
        "httpcore",
        "urllib3",
        "filelock",
        "numba",
        "matplotlib",
        "uvicorn.access",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Both warn about each malformed form or request, with which a client could fill the log.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(_is_no_warning)


@contextlib.contextmanager
def private_output() -> Iterator[Callable[[], None]]:
    """Lets nothing of a request onto the process's streams, whoever writes to them.

    Yields what begins to withhold the messages of other packages: to be called when the start,
    whose messages help, is over. At debug level their messages are written.
    """
    hooks = sys.unraisablehook, threading.excepthook
    streams = sys.stdout, sys.stderr
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:

        def withhold() -> None:
            global _withholds  # noqa: PLW0603 the process has one log
            if not logging.getLogger().isEnabledFor(logging.DEBUG):
                _withholds = True
                sys.stdout = sys.stderr = nowhere

        sys.unraisablehook = _log_unraisable
        threading.excepthook = _log_thread_error
        try:
            yield withhold
        finally:
            _stop_withholding()
            sys.unraisablehook, threading.excepthook = hooks
            sys.stdout, sys.stderr = streams


def _stop_withholding() -> None:
    global _withholds  # noqa: PLW0603 see `private_output`
    _withholds = False


def _log_unraisable(problem: "sys.UnraisableHookArgs") -> None:
    error = problem.exc_value
    logging.getLogger(__name__).error("error in a finalizer", exc_info=error)


def _log_thread_error(problem: threading.ExceptHookArgs) -> None:
    logging.getLogger(__name__).error("error in a thread", exc_info=problem.exc_value)


def log_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs what asyncio's event loop reports, without the values that asyncio prints.

    It is an event loop's exception handler.
    """
    logging.getLogger(__name__).error("event loop error", exc_info=context.get("exception"))


def _is_ours_or_no_detail(record: logging.LogRecord) -> bool:
    # The details of a library may be what it works on: python_multipart logs every body.
    return record.levelno >= logging.INFO or record.name.startswith(_OURS)


def _is_no_warning(record: logging.LogRecord) -> bool:
    return record.levelno != logging.WARNING


def adopt(name: str, level: int = logging.ERROR) -> None:
    """Removes a library's own handlers, so that its lines are written once and in our format."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(level)
