"""What the speech-to-text service answers, field by field, in OpenAI's shapes."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from nemo_voice_stt.segments import Segment, segments_of
from nemo_voice_stt.transcription import Transcript


class TranscriptFormat(StrEnum):
    """The shapes a transcript can be had in."""

    JSON = "json"
    TEXT = "text"
    VERBOSE_JSON = "verbose_json"


class Granularity(StrEnum):
    """What a verbose transcript gives times for."""

    WORD = "word"
    SEGMENT = "segment"


class DurationUsage(BaseModel):
    """What a request consumed: audio seconds."""

    type: Literal["duration"] = "duration"
    seconds: float


class SeedTranscript(BaseModel):
    """The answer of `POST /transcribe`."""

    text: str


class PlainTranscript(BaseModel):
    """The answer for `json`."""

    text: str
    usage: DurationUsage


class WordTime(BaseModel):
    """One word and its times in seconds."""

    word: str
    start: float
    end: float


class SegmentTime(BaseModel):
    """One segment with every field that OpenAI's client requires."""

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


class VerboseTranscript(BaseModel):
    """The answer for `verbose_json`."""

    task: Literal["transcribe"] = "transcribe"
    language: str
    duration: float
    text: str
    segments: list[SegmentTime] | None = None
    words: list[WordTime] | None = None
    usage: DurationUsage


def plain(transcript: Transcript) -> PlainTranscript:
    """Returns the transcript in the `json` shape."""
    return PlainTranscript(text=transcript.text, usage=_usage(transcript))


def verbose(transcript: Transcript, granularities: frozenset[Granularity]) -> VerboseTranscript:
    """Returns the transcript in the `verbose_json` shape with the times asked for."""
    words = [
        WordTime(word=word.text, start=round(word.start_s, 3), end=round(word.end_s, 3))
        for word in transcript.words
    ]
    segments = [_segment(place, it) for place, it in enumerate(segments_of(transcript.words))]
    return VerboseTranscript(
        language="english",
        duration=round(transcript.duration_s, 3),
        text=transcript.text,
        words=words if Granularity.WORD in granularities else None,
        segments=segments if Granularity.SEGMENT in granularities else None,
        usage=_usage(transcript),
    )


def _segment(place: int, segment: Segment) -> SegmentTime:
    # A transducer has no Whisper tokens, temperatures or no-speech probabilities: neutral values.
    return SegmentTime(
        id=place,
        seek=0,
        start=round(segment.start_s, 3),
        end=round(segment.end_s, 3),
        text=segment.text,
        tokens=[],
        temperature=0.0,
        avg_logprob=0.0,
        compression_ratio=1.0,
        no_speech_prob=0.0,
    )


def _usage(transcript: Transcript) -> DurationUsage:
    return DurationUsage(seconds=round(transcript.duration_s, 3))
