"""From a recogniser's tokens to words with times.

`backend.py` calls it. Times are computed here and not by NeMo, whose own computation copies every
token three times and knows no confidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nemo_voice_stt.backends.transducer_ctc.punctuation import is_silent
from nemo_voice_stt.backends.transducer_ctc.tokens import WORD_START, Token
from nemo_voice_stt.backends.transducer_ctc.word_groups import WordGroup, word_groups
from nemo_voice_stt.transcription.port import TextToken, Word


@dataclass(frozen=True, slots=True)
class Timing:
    """What turns frames into times."""

    frame_s: float
    """Seconds from one encoder frame to the next."""
    duration_s: float
    """Length of the audio; no word ends later."""


def words_of(
    tokens: Sequence[Token], timing: Timing, text_of: Callable[[list[int]], str]
) -> tuple[Word, ...]:
    """Returns the words the tokens spell, in order and within the audio, none over another.

    Each lasts one frame at least, or its even share of audio that is too short for that.

    Args:
        tokens: What the decoder emitted.
        timing: What turns frames into times.
        text_of: Spells a list of token numbers, as the model's tokenizer does.
    """
    spelled = _spelled_out(tokens, text_of)
    end_ms = int(timing.duration_s * 1000)
    least_ms = min(round(timing.frame_s * 1000), end_ms // max(1, len(spelled)))
    starts_ms = _starts_ms([group.tokens for _, group in spelled], timing, least_ms, end_ms)
    words: list[Word] = []
    for (text, group), (start_ms, next_ms) in zip(
        spelled, pairwise([*starts_ms, end_ms]), strict=True
    ):
        own = group.tokens
        stop_ms = min(max(_end_ms(own, timing), start_ms + least_ms), next_ms)
        words.append(
            Word(
                text,
                start_ms / 1000,
                stop_ms / 1000,
                _confidence(own),
                _spelled(own),
                is_joined=group.is_joined and bool(words),
            )
        )
    return tuple(words)


def _spelled_out(
    tokens: Sequence[Token], text_of: Callable[[list[int]], str]
) -> list[tuple[str, WordGroup]]:
    """Returns each word's text and tokens; marks of a space with nothing after them are no word."""
    found = []
    for group in word_groups(tokens):
        stretches = (text_of([token.number for token in one]) for one in group.stretches)
        if text := "".join(stretch.strip() for stretch in stretches):
            found.append((text, group))
    return found


def _is_silent(token: Token) -> bool:
    return is_silent(token.piece.lstrip(WORD_START))


def _starts_ms(
    groups: Sequence[Sequence[Token]], timing: Timing, least_ms: int, end_ms: int
) -> list[int]:
    """Returns when each word begins, `least_ms` or more after the one before it.

    A decoder may emit several words at one frame, and words in the padding after the audio.
    """
    starts_ms: list[int] = []
    earliest_ms = 0
    for place, group in enumerate(groups):
        start_ms = round(_voiced(group)[0].start_frame * timing.frame_s * 1000)
        latest_ms = end_ms - (len(groups) - place) * least_ms
        starts_ms.append(min(max(start_ms, earliest_ms), latest_ms))
        earliest_ms = starts_ms[-1] + least_ms
    return starts_ms


def _end_ms(group: Sequence[Token], timing: Timing) -> int:
    # No word is shorter than a frame.
    voiced = _voiced(group)
    frames = max(voiced[-1].end_frame, voiced[0].start_frame + 1)
    return round(frames * timing.frame_s * 1000)


def _voiced(group: Sequence[Token]) -> Sequence[Token]:
    """Returns the tokens that are heard: punctuation is often emitted in a pause."""
    return [token for token in group if not _is_silent(token)] or group


def _confidence(group: Sequence[Token]) -> float | None:
    known = [token.confidence for token in group if token.confidence is not None]
    return round(min(1.0, max(0.0, min(known))), 3) if known else None


def _spelled(group: Sequence[Token]) -> tuple[TextToken, ...]:
    return tuple(
        TextToken(token.number, token.piece.replace(WORD_START, " "), round(token.logprob, 4))
        for token in group
    )
