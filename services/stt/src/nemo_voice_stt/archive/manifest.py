"""Reads a NeMo manifest: a JSON object a line, each a recording or a part of one.

`audio_filepath` is relative to the manifest's folder. With `offset` the line means a part of the
file, `duration` seconds long; without, the whole file, and `duration` is how long it is. What is
spoken may be in `lang`, `language` or `source_lang`, what to write in `target_lang`, words to
prefer in `keywords`. Other fields are kept for the results. A line is read when it is asked for: a
manifest of any length takes no memory.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.archive.names import output_name, part_of_name, relative_to_root
from nemo_voice_stt.archive.recording import Found, Recording, Refused

MANIFEST_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".manifest"})
"""Files that are read as manifests."""
_MAX_LINE_CHARS = 1 << 20
_LONGEST_S = 1e9
_OF_NAMES = "surrogateescape"
"""How Python has names of files that are no UTF-8."""
_SPOKEN = ("lang", "language", "source_lang")
_WRITTEN = "target_lang"


def recordings_listed(manifest: Path, *, keep_suffix: bool = False) -> Iterator[Found]:
    """Yields each line's recording, or what is wrong with the line.

    Raises:
        OSError: The manifest cannot be read.
    """
    root = os.path.abspath(manifest.parent)  # noqa: PTH100 `resolve` would follow links
    # Names of files may be of any bytes; they go through as Python has them.
    with manifest.open(encoding="utf-8-sig", errors=_OF_NAMES, newline="\n") as lines:
        number = 0
        while line := lines.readline(_MAX_LINE_CHARS):
            number += 1
            if not line.strip():
                continue
            try:
                yield _recording(_row(line), root, keep_suffix=keep_suffix)
            except InvalidRequest as error:
                yield Refused({"manifest": str(manifest), "line": number}, error)


def _row(line: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The line is no JSON: {error}.") from error
    if not isinstance(row, dict):
        raise InvalidRequest("The line is no JSON object.")
    return row


def _recording(row: Mapping[str, Any], root: str, *, keep_suffix: bool) -> Recording:
    given = row.get("audio_filepath")
    if not isinstance(given, str) or not given or "\0" in given or not _has_bytes(given, _OF_NAMES):
        raise InvalidRequest("It names no file.", param="audio_filepath")
    path = os.path.normpath(os.path.join(root, os.path.expanduser(given)))  # noqa: PTH111, PTH118
    start_s, stated_s = _seconds(row, "offset"), _seconds(row, "duration")
    relative = relative_to_root(path, root)
    part = "" if start_s is None else part_of_name(start_s, stated_s)
    return Recording(
        path=Path(path),
        name=output_name(relative, keep_suffix=keep_suffix, part=part),
        start_s=start_s,
        length_s=None if start_s is None else stated_s,
        stated_s=stated_s,
        language=next((text for key in _SPOKEN if (text := _text(row, key))), None),
        translate_to=_text(row, _WRITTEN),
        keywords=_keywords(row),
        row=row,
    )


def _seconds(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _LONGEST_S:
        raise InvalidRequest(f"{key}: {value!r} is no length of time.", param=key)
    return float(value)


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidRequest(f"{key}: {value!r} is no text.", param=key)
    return value


def _keywords(row: Mapping[str, Any]) -> tuple[str, ...]:
    value = row.get("keywords") or ()
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise InvalidRequest("It is neither a text nor a list of texts.", param="keywords")
    if not all(_has_bytes(word, "strict") for word in words):
        raise InvalidRequest("It holds what is no character.", param="keywords")
    return tuple(words)


def _has_bytes(text: str, errors: str) -> bool:
    """Returns whether it can be written as UTF-8: JSON may escape half of a character."""
    try:
        text.encode(errors=errors)
    except UnicodeEncodeError:
        return False
    return True
