"""A transcript as the files of an archive: JSON, subtitles, plain text."""

import json
from dataclasses import dataclass
from typing import Any

from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.captions.segments import segments_of
from nemo_voice_stt.captions.subtitles import as_srt, as_vtt, subtitles_of
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.transcription import Transcript


@dataclass(frozen=True, slots=True)
class Heard:
    """What one recording said."""

    transcript: Transcript
    language: str
    """The English name of the language that it is written in."""
    is_translated: bool = False


def written(heard: Heard, output: OutputFormat, options: ArchiveOptions) -> bytes:
    """Returns the file of one format; for hours of speech it takes seconds."""
    transcript = heard.transcript
    match output:
        case OutputFormat.JSON:
            return json_line(_fields(heard, options))
        case OutputFormat.SRT:
            return as_srt(subtitles_of(transcript.words, options.subtitle_rules)).encode()
        case OutputFormat.VTT:
            return as_vtt(subtitles_of(transcript.words, options.subtitle_rules)).encode()
        case OutputFormat.TXT:
            return f"{transcript.text}\n".encode()


def json_line(value: Any) -> bytes:
    """Returns a value as one line of JSON, which holds names that are no UTF-8 as escapes."""
    try:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value).encode() + b"\n"


def _fields(heard: Heard, options: ArchiveOptions) -> dict[str, Any]:
    """Returns what there is by OpenAI's names, without what only Whisper knows."""
    transcript = heard.transcript
    words = transcript.words
    fields = {
        "task": "translate" if heard.is_translated else "transcribe",
        "language": heard.language,
        "duration": round(transcript.duration_s, 3),
        "text": transcript.text,
        "segments": [
            {"id": place, "start": round(start_s, 3), "end": round(end_s, 3), "text": text}
            for place, (start_s, end_s, text) in enumerate(_segments(transcript, words))
        ],
    }
    if options.with_words:
        fields["words"] = [_word(word) for word in words]
    return fields


def _segments(transcript: Transcript, words: tuple[Word, ...]) -> list[tuple[float, float, str]]:
    """Returns what is said between pauses; where words have no times, between silences."""
    if words:
        return [(one.start_s, one.end_s, one.text) for one in segments_of(words)]
    return [(one.start_s, one.end_s, one.text) for one in transcript.passages if one.text]


def _word(word: Word) -> dict[str, Any]:
    timed = {"word": word.text, "start": round(word.start_s, 3), "end": round(word.end_s, 3)}
    return timed if word.confidence is None else {**timed, "confidence": round(word.confidence, 4)}
