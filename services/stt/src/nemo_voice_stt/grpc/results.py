"""Transcripts as Riva's clients read them: times in milliseconds, results that are final or not."""

from collections.abc import Sequence
from dataclasses import replace

from nemo_voice_stt.grpc.protos.riva_asr_pb2 import (
    SpeechRecognitionAlternative,
    SpeechRecognitionResult,
    StreamingRecognitionResult,
    WordInfo,
)
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.transcription import Transcript
from nemo_voice_stt.transcription.writing import is_ideographic

_ONLY_CHANNEL = 1
_AGREED = 0.9
"""The stability of what two passes over an utterance agreed on."""


def result_of(transcript: Transcript, *, with_words: bool) -> SpeechRecognitionResult:
    """Returns the transcript of a whole recording as one result."""
    return SpeechRecognitionResult(
        alternatives=[_alternative(transcript.text, transcript.words, with_words=with_words)],
        channel_tag=_ONLY_CHANNEL,
        audio_processed=transcript.duration_s,
    )


def final_result_of(
    transcript: Transcript, begins_s: float, *, with_words: bool
) -> StreamingRecognitionResult:
    """Returns an utterance of a stream that will not change any more.

    Args:
        transcript: Its transcript, with times from its own beginning.
        begins_s: Where in the stream it begins.
        with_words: Whether its words are wanted.
    """
    words = tuple(
        replace(word, start_s=word.start_s + begins_s, end_s=word.end_s + begins_s)
        for word in transcript.words
    )
    return StreamingRecognitionResult(
        alternatives=[_alternative(transcript.text, words, with_words=with_words)],
        is_final=True,
        channel_tag=_ONLY_CHANNEL,
        audio_processed=begins_s + transcript.duration_s,
    )


def interim_result_of(text: str, received_s: float) -> StreamingRecognitionResult:
    """Returns what was understood so far of an utterance that goes on."""
    return StreamingRecognitionResult(
        alternatives=[_alternative(text, (), with_words=False)],
        stability=_AGREED,
        channel_tag=_ONLY_CHANNEL,
        audio_processed=received_s,
    )


def _alternative(
    text: str, words: Sequence[Word], *, with_words: bool
) -> SpeechRecognitionAlternative:
    # Clients join transcripts as they are: Riva's end with the space before the next one, if any.
    ends = "" if not text or is_ideographic(text[-1]) else " "
    return SpeechRecognitionAlternative(
        transcript=f"{text}{ends}",
        confidence=_confidence(words),
        words=[_word_info(word) for word in words] if with_words else [],
    )


def _word_info(word: Word) -> WordInfo:
    return WordInfo(
        word=word.text,
        start_time=round(word.start_s * 1000),
        end_time=round(word.end_s * 1000),
        confidence=word.confidence or 0.0,
    )


def _confidence(words: Sequence[Word]) -> float:
    """Returns the mean of the words' confidence; 0 where there is none, as the protocol has it."""
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else 0.0
