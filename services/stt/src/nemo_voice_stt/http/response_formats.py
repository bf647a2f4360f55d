"""A transcript or a translation in the format that its form wants."""

from typing import Any

from fastapi import Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from nemo_voice_stt.captions.subtitles import as_srt, as_vtt, subtitles_of
from nemo_voice_stt.http.request_schemas import RecordingForm, TranscriptFormat
from nemo_voice_stt.http.response_schemas import PlainTranscript, VerboseTranscript, plain, verbose
from nemo_voice_stt.transcription.transcription import Transcript

_SRT, _VTT = "application/x-subrip", "text/vtt"


def documented(what: str, *others: str) -> dict[int | str, dict[str, Any]]:
    """Returns what the OpenAPI document says of a good response.

    Args:
        what: Its description.
        others: Media types beside those of the formats.
    """
    content: dict[str, Any] = {kind: {} for kind in ("text/plain", _SRT, _VTT, *others)}
    model = PlainTranscript | VerboseTranscript
    return {200: {"model": model, "content": content, "description": what}}


def written(
    transcript: Transcript, form: RecordingForm, language: str, *, is_translated: bool = False
) -> Response:
    """Returns the response in the form's format; for hours of speech it takes seconds.

    Args:
        transcript: What was said, or its translation.
        form: The request's.
        language: The English name of the language that it is written in.
        is_translated: Whether it is a translation.
    """
    match form.response_format:
        case TranscriptFormat.TEXT:
            return PlainTextResponse(transcript.text + "\n")
        case TranscriptFormat.SRT:
            text = as_srt(subtitles_of(transcript.words, form.subtitle_rules))
            return Response(text, media_type=f"{_SRT}; charset=utf-8")
        case TranscriptFormat.VTT:
            text = as_vtt(subtitles_of(transcript.words, form.subtitle_rules))
            return Response(text, media_type=_VTT)
        case TranscriptFormat.VERBOSE_JSON:
            times = form.granularities
            return _json(verbose(transcript, times, language, is_translated=is_translated))
        case TranscriptFormat.JSON:
            return _json(plain(transcript, with_logprobs=form.has_logprobs))


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(exclude_none=True), media_type="application/json")
