"""Finds the error in the last output of a container, of which the kubelet keeps 2 KiB.

The services write JSON lines, but not a library that aborts the process, nor Python at its end.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

MOST_CHARS = 500
_KEPT_BYTES = 2048
"""What the kubelet keeps of a log at most: of a longer one the first line is cut."""
_ERRORS = frozenset({"error", "critical", "fatal"})
_DETAILS = ("failure", "reason", "error")
"""Fields of an error's line that say more than its event."""
_READABLE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (?P<level>[a-z]+) +(?P<event>.*)")
"""A line of the services' other log format, for terminals."""
_END_OF_EXCEPTION = re.compile(r'.*\\n(?P<last>[A-Za-z_][\w.]*(?:: (?:[^"\\]|\\[^n])*)?)(?:\\n)*"}')
"""A line of JSON whose begin is cut off, and which ends with a traceback."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    is_record: bool
    """Whether it is of the services' own log."""
    is_error: bool


def last_error(output: str, *, only_at_end: bool = False) -> str:
    """Returns the error that the output tells, in whole lines; empty if it tells none.

    Args:
        output: The end of a log.
        only_at_end: Whether an error counts only if the log ends with it.
    """
    lines = _whole_lines(output)
    unformatted = list(takewhile(lambda line: not line.is_record, reversed(lines)))[::-1]
    if unformatted:
        return _fitted([line.text for line in unformatted]).strip()
    if only_at_end and lines and not lines[-1].is_error:
        return ""
    errors = list(dict.fromkeys(line.text for line in lines if line.is_error))
    return _fitted(errors[-2:])


def _whole_lines(output: str) -> list[_Line]:
    written = [line for line in output.splitlines() if line.strip()]
    if not written:
        return []
    lines = [_parsed(line) for line in written]
    first, *others = lines
    if first.is_record:
        return lines
    if cut := _END_OF_EXCEPTION.fullmatch(written[0]):
        return [_Line(_unescaped(cut["last"]), is_record=True, is_error=True), *others]
    is_cut_record = written[0].endswith("}") and any(line.is_record for line in others)
    is_full = len(output.encode(errors="replace")) >= _KEPT_BYTES
    return others if others and (is_cut_record or is_full) else lines


def _parsed(line: str) -> _Line:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict) and "level" in record:
        return _Line(_told(record), is_record=True, is_error=str(record["level"]) in _ERRORS)
    if found := _READABLE.fullmatch(line):
        return _Line(found["event"].strip(), is_record=True, is_error=found["level"] in _ERRORS)
    return _Line(line.rstrip(), is_record=False, is_error=False)


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def _told(record: dict[str, object]) -> str:
    exception = [line for line in str(record.get("exception", "")).splitlines() if line.strip()]
    details = [str(record[name]) for name in _DETAILS if record.get(name)]
    return ": ".join([str(record.get("event", "")), *details, *exception[-1:]])


def _fitted(lines: Sequence[str]) -> str:
    """Returns as many of the last lines as fit; of one that does not fit alone its end."""
    kept: list[str] = []
    for line in _without_frames(lines)[::-1]:
        if len("\n".join([line, *kept])) > MOST_CHARS:
            break
        kept.insert(0, line)
    return "\n".join(kept) if kept or not lines else f"…{lines[-1][-MOST_CHARS:]}"


def _without_frames(lines: Sequence[str]) -> Sequence[str]:
    """Returns the lines from a traceback's exception on, if they hold one."""
    begins = [number for number, line in enumerate(lines) if line.startswith("Traceback (most")]
    if not begins:
        return lines
    after = lines[begins[-1] + 1 :]
    named = [number for number, line in enumerate(after) if not line.startswith((" ", "\t"))]
    return after[named[0] :] if named else lines
