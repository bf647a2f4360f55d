"""What the speech-to-text service responds, field by field, in OpenAI's shapes."""

import zlib
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from nemo_voice_stt.captions.segments import Segment, segments_of
from nemo_voice_stt.http.request_schemas import Granularity
from nemo_voice_stt.transcription.port import TextToken, Word
from nemo_voice_stt.transcription.transcription import Passage, Transcript


class DurationUsage(BaseModel):
    """What a request consumed: audio seconds."""

    type: Literal["duration"] = "duration"
    seconds: float


class SeedTranscript(BaseModel):
    """The response of `POST /transcribe`."""

    text: str


class TokenLogprob(BaseModel):
    """One token of the text, its probability's natural logarithm, and its bytes."""

    token: str
    logprob: float
    bytes: list[int]


class PlainTranscript(BaseModel):
    """The response for `json`."""

    text: str
    usage: DurationUsage
    logprobs: list[TokenLogprob] | None = None


class WordTime(BaseModel):
    """One word and its times in seconds."""

    word: str
    start: float
    end: float
    confidence: float | None = None


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
    """The response for `verbose_json`."""

    task: Literal["transcribe", "translate"] = "transcribe"
    language: str
    duration: float
    text: str
    segments: list[SegmentTime] | None = None
    words: list[WordTime] | None = None
    usage: DurationUsage


def plain(transcript: Transcript, *, with_logprobs: bool = False) -> PlainTranscript:
    """Returns the transcript in the `json` shape."""
    return PlainTranscript(
        text=transcript.text,
        usage=_usage(transcript),
        logprobs=logprobs_of(transcript.words) if with_logprobs else None,
    )


def verbose(
    transcript: Transcript,
    granularities: frozenset[Granularity],
    language: str,
    *,
    is_translated: bool = False,
) -> VerboseTranscript:
    """Returns the transcript in the `verbose_json` shape with the times of these granularities.

    Where words have no times, the segments are the passages: stretches between silences.
    """
    words = [
        WordTime(
            word=word.text,
            start=round(word.start_s, 3),
            end=round(word.end_s, 3),
            confidence=word.confidence,
        )
        for word in transcript.words
    ]
    if words or not transcript.text:
        segments = [_segment(place, it) for place, it in enumerate(segments_of(transcript.words))]
    else:
        spoken = [passage for passage in transcript.passages if passage.text]
        segments = [_whole_passage(place, passage) for place, passage in enumerate(spoken)]
    return VerboseTranscript(
        task="translate" if is_translated else "transcribe",
        language=language,
        duration=round(transcript.duration_s, 3),
        text=transcript.text,
        words=words if Granularity.WORD in granularities else None,
        segments=segments if Granularity.SEGMENT in granularities else None,
        usage=_usage(transcript),
    )


def logprobs_of(words: Sequence[Word], *, is_start: bool = True) -> list[TokenLogprob]:
    """Returns each token of the words; at the start of a text the first has no space before it."""
    tokens = [token for word in words for token in word.tokens]
    spelled = [token.text for token in tokens]
    if is_start and spelled:
        spelled[0] = spelled[0].lstrip()
    return [
        TokenLogprob(token=text, logprob=token.logprob, bytes=list(text.encode()))
        for token, text in zip(tokens, spelled, strict=True)
    ]


def _segment(place: int, segment: Segment) -> SegmentTime:
    tokens = [token for word in segment.words for token in word.tokens]
    return _segment_time(place, segment.text, segment.start_s, segment.end_s, tokens)


def _whole_passage(place: int, passage: Passage) -> SegmentTime:
    return _segment_time(place, passage.text, passage.start_s, passage.end_s, [])


def _segment_time(
    place: int, text: str, start_s: float, end_s: float, tokens: Sequence[TextToken]
) -> SegmentTime:
    return SegmentTime(
        id=place,
        seek=round(start_s * 100),  # Whisper counts its frames of 10 ms
        start=round(start_s, 3),
        end=round(end_s, 3),
        text=text,
        tokens=[token.number for token in tokens],
        temperature=0.0,
        avg_logprob=_mean_logprob(tokens),
        compression_ratio=_compression_ratio(text),
        no_speech_prob=0.0,  # these models know no such thing
    )


def _mean_logprob(tokens: Sequence[TextToken]) -> float:
    return round(sum(token.logprob for token in tokens) / max(1, len(tokens)), 4)


def _compression_ratio(text: str) -> float:
    """Returns what Whisper computes: a high one is a text that repeats itself."""
    data = text.encode()
    return round(len(data) / len(zlib.compress(data)), 4)


def _usage(transcript: Transcript) -> DurationUsage:
    return DurationUsage(seconds=round(transcript.duration_s, 3))
