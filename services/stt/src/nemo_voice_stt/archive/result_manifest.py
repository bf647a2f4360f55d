"""A NeMo manifest of what was transcribed, made of the outputs when a run is over."""

import json
from collections.abc import Iterator
from typing import Any

from nemo_voice_stt.archive.names import TRANSCRIPTS
from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.archive.recording import Recording, Source
from nemo_voice_stt.archive.sink import Sink
from nemo_voice_stt.archive.survey import Once
from nemo_voice_stt.archive.transcript_files import json_line

_WITH_TEXT = (OutputFormat.JSON, OutputFormat.TXT)


def write_manifest(source: Source, once: Once, sink: Sink, options: ArchiveOptions) -> bool:
    """Writes a line for each recording that has outputs; returns whether they have texts.

    A line has `audio_filepath`, `duration`, `pred_text`, and `words` where they were asked for;
    from a manifest, all of its own fields too. Subtitles alone make none.

    Raises:
        SinkFailed: It cannot be written.
    """
    kept = next((one for one in _WITH_TEXT if one in options.formats), None)
    if kept is None:
        return False
    with sink.replaced(TRANSCRIPTS) as write:
        for recording in _once(source, once):
            data = sink.read(f"{recording.name}.{kept}")
            if data is not None:
                write(json_line(_row(recording, data, kept)))
    return True


def _once(source: Source, once: Once) -> Iterator[Recording]:
    return (one for one in source() if isinstance(one, Recording) and once(one))


def _row(recording: Recording, data: bytes, kept: OutputFormat) -> dict[str, Any]:
    row = {**(recording.row or {}), **recording.place()}
    if kept is OutputFormat.TXT:
        return {**row, "pred_text": data.decode().rstrip("\n")}
    heard = json.loads(data)
    row.setdefault("duration", heard["duration"])
    row["pred_text"] = heard["text"]
    if "words" in heard:
        row["words"] = heard["words"]
    return row
