"""Configures logging once for the process: JSON lines, or readable lines on a terminal.

Only the root logger has a handler, so that it formats the lines of NeMo, uvicorn and
huggingface_hub too. An event is constant text; its details are passed as `extra` and become fields.

No text or transcript of a request is logged: exceptions lose their messages unless `tracebacks.py`
knows that they quote nothing, and of other packages' loggers nothing below info is written.
"""

import asyncio
import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
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


def _fields(record: logging.LogRecord) -> dict[str, object]:
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
            "event": record.getMessage(),
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
        line = f"{_time(record)[11:23]} {record.levelname.lower():7} {record.getMessage()} {fields}"
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
