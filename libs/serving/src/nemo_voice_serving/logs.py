"""Logging, configured once for the process: JSON lines for machines, readable lines on a terminal.

Only the root logger has a handler, so that NeMo's, uvicorn's and huggingface_hub's lines obey it
too. The event is constant text; its facts are passed as `extra` and become fields.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from typing_extensions import override

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being served, on the event loop and in the tasks it starts."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}


def _facts(record: logging.LogRecord) -> dict[str, object]:
    facts = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    current = request_id.get()
    if current is not None:
        facts.setdefault("request_id", current)
    return facts


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class JsonFormatter(logging.Formatter):
    """Makes one JSON object per record: time, level, logger, event, then the facts."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        # A fact never hides what every line has.
        facts = _facts(record)
        line |= {f"_{key}" if key in line else key: value for key, value in facts.items()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class TerminalFormatter(logging.Formatter):
    """Makes one readable line per record: time, level, event, then facts as key=value."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{key}={value}" for key, value in _facts(record).items())
        line = f"{_time(record)[11:23]} {record.levelname.lower():7} {record.getMessage()} {facts}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line.rstrip()


def configure_logging(level: str, style: str = "auto", stream: TextIO = sys.stderr) -> None:
    """Sends every logger's lines to the stream.

    Args:
        level: The least severe level that is written, such as `info`.
        style: `json`, `text`, or `auto`: text on a terminal, JSON elsewhere.
        stream: Where the lines go.
    """
    as_text = style == "text" or (style == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TerminalFormatter() if as_text else JsonFormatter())
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
    # They warn of each malformed form and request: no client may fill the log.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(_is_no_warning)


def _is_no_warning(record: logging.LogRecord) -> bool:
    return record.levelno != logging.WARNING


def adopt(name: str, level: int = logging.ERROR) -> None:
    """Takes a library's own handlers away, so that its lines come once and in our shape."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(level)
