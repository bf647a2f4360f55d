"""Logging as JSON lines: one object for each record, with the VoiceService that it is about."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from typing_extensions import override

_PLAIN = logging.makeLogRecord({}).__dict__.keys() | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; the keys of `extra` become fields."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        extra = {k: v for k, v in record.__dict__.items() if k not in _PLAIN}
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        # An extra field never replaces one that every line has.
        fields = {name: value for name, value in extra.items() if _is_plain(value)}
        line |= {f"_{name}" if name in line else name: value for name, value in fields.items()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool | None)


def configure_logging(level: str, style: Literal["json", "text"]) -> None:
    """Sends every record to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if style == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("kopf").setLevel(max(logging.WARNING, logging.root.level))
