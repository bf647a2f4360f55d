"""Transcripts as files."""

import json
from typing import Any

import pytest

from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.archive.transcript_files import Heard, json_line, written
from nemo_voice_stt.captions.subtitles import SubtitleRules
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.transcription import Passage, Transcript

WORDS = (Word("Good", 0.1, 0.4, 0.91234), Word("morning.", 0.5, 1.0, 0.8), Word("Bye.", 3.0, 3.4))
SPOKEN = Transcript("Good morning. Bye.", (Passage("Good morning. Bye.", WORDS, 0.0, 4.0),), 4.0)
STRETCHES = (("Hi.", 0, 2), ("", 2, 3), ("Bye.", 3, 4))
UNTIMED = Transcript("Hi. Bye.", tuple(Passage(text, (), *at) for text, *at in STRETCHES), 4.0)
SILENT = Transcript("", (Passage("", (), 0.0, 4.0),), 4.0)


def as_json(transcript: Transcript, **options: Any) -> dict[str, Any]:
    data = written(Heard(transcript, "english"), OutputFormat.JSON, ArchiveOptions(**options))
    assert data.endswith(b"}\n")
    decoded: dict[str, Any] = json.loads(data)
    return decoded


def test_json_has_the_text_and_the_times_of_its_segments() -> None:
    assert as_json(SPOKEN) == {
        "task": "transcribe",
        "language": "english",
        "duration": 4.0,
        "text": "Good morning. Bye.",
        "segments": [
            {"id": 0, "start": 0.1, "end": 1.0, "text": "Good morning."},
            {"id": 1, "start": 3.0, "end": 3.4, "text": "Bye."},
        ],
    }


def test_words_have_times_and_the_confidence_that_is_known() -> None:
    assert as_json(SPOKEN, with_words=True)["words"] == [
        {"word": "Good", "start": 0.1, "end": 0.4, "confidence": 0.9123},
        {"word": "morning.", "start": 0.5, "end": 1.0, "confidence": 0.8},
        {"word": "Bye.", "start": 3.0, "end": 3.4},
    ]


def test_without_times_of_words_segments_are_the_stretches_between_silences() -> None:
    assert as_json(UNTIMED)["segments"] == [
        {"id": 0, "start": 0, "end": 2, "text": "Hi."},
        {"id": 1, "start": 3, "end": 4, "text": "Bye."},
    ]


def test_silence_has_outputs_without_words() -> None:
    assert (as_json(SILENT)["text"], as_json(SILENT)["segments"]) == ("", [])
    heard = Heard(SILENT, "english")
    texts = [written(heard, one, ArchiveOptions()) for one in OutputFormat if one != "json"]
    assert texts == [b"", b"WEBVTT\n\n", b"\n"]


@pytest.mark.parametrize(("output", "point"), [(OutputFormat.SRT, b","), (OutputFormat.VTT, b".")])
def test_subtitles_keep_to_the_rules_of_the_run(output: OutputFormat, point: bytes) -> None:
    rules = SubtitleRules(max_line_chars=16, max_lines=1)
    data = written(Heard(SPOKEN, "english"), output, ArchiveOptions(subtitle_rules=rules))
    assert b"00:00:00" + point + b"100 --> " in data
    assert b"\nGood morning.\n" in data


def test_names_that_are_no_utf_8_are_escaped_in_json() -> None:
    assert json_line({"a": "né"}) == '{"a": "né"}\n'.encode()
    assert json_line({"a": "n\udce9"}) == b'{"a": "n\\udce9"}\n'
