"""What the outputs in a folder were made with: a later run does not mix others among them."""

import json
from collections.abc import Iterator
from typing import Any

from nemo_voice_stt.archive.errors import ArchiveRefused
from nemo_voice_stt.archive.names import RUN
from nemo_voice_stt.archive.sink import Sink

_MODEL, _OPTIONS = "model", "options"


class RunRecord:
    """The record beside the outputs."""

    def __init__(self, sink: Sink, options: dict[str, Any]) -> None:
        """Takes where outputs go, and what this run's have in common, by the names of flags."""
        self._sink = sink
        self._options = options
        self._found = _read(sink)

    @property
    def is_first(self) -> bool:
        """Whether no run has written into the folder."""
        return self._found is None

    def refuse_other_options(self) -> None:
        """Checks that the outputs that are there were asked for as this run's are.

        Raises:
            ArchiveRefused: They were not; the message names each difference.
        """
        if self._found is not None:
            _refuse(_differences(self._found.get(_OPTIONS, {}), self._options, "--"))

    def begin(self, model: dict[str, Any], version: str) -> None:
        """Checks the model, too, and writes the record where there is none.

        Args:
            model: What the model is, by name.
            version: That of this program.

        Raises:
            ArchiveRefused: The outputs that are there are another model's.
            SinkFailed: The record cannot be written.
        """
        if self._found is not None:
            _refuse(_differences(self._found.get(_MODEL, {}), model, "the model's "))
            return
        record = {"version": version, _MODEL: model, _OPTIONS: self._options}
        self._sink.write(RUN, json.dumps(record, indent=2).encode() + b"\n")


def _read(sink: Sink) -> dict[str, Any] | None:
    data = sink.read(RUN)
    if data is None:
        return None
    try:
        record = json.loads(data)
    except ValueError as error:
        raise ArchiveRefused(f"{RUN} in --out is no JSON: {error}") from error
    if not isinstance(record, dict):
        raise ArchiveRefused(f"{RUN} in --out is no record of a run")
    return record


def _differences(before: Any, now: dict[str, Any], kind: str) -> Iterator[str]:
    for name, value in now.items():
        other = before.get(name) if isinstance(before, dict) else None
        if other != value:
            yield f"  {kind}{name} was {json.dumps(other)}, and is {json.dumps(value)} now"


def _refuse(differences: Iterator[str]) -> None:
    if listed := list(differences):
        raise ArchiveRefused(
            "the outputs that are there were made otherwise; name another --out, go on as before,"
            f" or remove {RUN} with its outputs:\n" + "\n".join(listed)
        )
