"""The manifest of what was transcribed."""

import json
from pathlib import Path
from typing import Any

from nemo_voice_stt.archive.names import TRANSCRIPTS
from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.archive.recording import Recording
from nemo_voice_stt.archive.result_manifest import write_manifest
from nemo_voice_stt.archive.survey import Once, Outputs
from support.archives import FakeSink


def rows(sink: FakeSink, *recordings: Recording, **options: Any) -> list[dict[str, Any]] | None:
    """Returns the rows that are written; None if no manifest is."""
    made = ArchiveOptions(**options)
    once = Once(Outputs(sink, made.formats), frozenset())
    if not write_manifest(lambda: iter(recordings), once, sink, made):
        return None
    return [json.loads(line) for line in sink.files[TRANSCRIPTS].splitlines()]


def test_a_line_has_the_fields_of_the_manifest_and_the_text() -> None:
    sink = FakeSink()
    sink.files["a"] = b""
    sink.files["a.json"] = b'{"duration": 2.5, "text": "hi", "segments": []}\n'
    row = {"audio_filepath": "a.wav", "duration": 2.4, "text": "Hi!", "pred_text": "old"}
    one = Recording(Path("/data/a.wav"), "a", stated_s=2.4, row=row)
    assert rows(sink, one) == [
        {"audio_filepath": "/data/a.wav", "duration": 2.4, "text": "Hi!", "pred_text": "hi"}
    ]


def test_what_has_no_outputs_has_no_line() -> None:
    assert rows(FakeSink(), Recording(Path("a.wav"), "a")) == []


def test_plain_texts_make_a_manifest_without_times() -> None:
    sink = FakeSink()
    sink.files["a.txt"] = b"hi there\n"
    one = Recording(Path("a.wav"), "a")
    formats = (OutputFormat.SRT, OutputFormat.TXT)
    assert rows(sink, one, formats=formats) == [
        {"audio_filepath": "a.wav", "pred_text": "hi there"}
    ]


def test_subtitles_alone_make_none() -> None:
    assert rows(FakeSink(), Recording(Path("a.wav"), "a"), formats=(OutputFormat.VTT,)) is None
