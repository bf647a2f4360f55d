"""From a recogniser's tokens to words with times.

`backend.py` calls it. Times are computed here and not by NeMo, whose own computation copies every
token three times and knows no confidence.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nemo_voice_stt.transcription.port import TextToken, Word

WORD_START = "▁"
"""SentencePiece's mark of a token that begins a word."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token as the decoder emitted it; frames are the encoder's."""

    number: int
    """Its place in the vocabulary."""
    piece: str
    """Its spelling in the vocabulary, mark included."""
    start_frame: int
    end_frame: int
    confidence: float | None = None
    logprob: float = 0.0


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
    spelled = [
        (text, group)
        for group in _groups(tokens)
        if (text := text_of([token.number for token in group]).strip())
    ]
    end_ms = int(timing.duration_s * 1000)
    least_ms = min(round(timing.frame_s * 1000), end_ms // max(1, len(spelled)))
    starts_ms = _starts_ms([group for _, group in spelled], timing, least_ms, end_ms)
    words = []
    for (text, group), (start_ms, next_ms) in zip(
        spelled, pairwise([*starts_ms, end_ms]), strict=True
    ):
        stop_ms = min(max(_end_ms(group, timing), start_ms + least_ms), next_ms)
        words.append(
            Word(text, start_ms / 1000, stop_ms / 1000, _confidence(group), _spelled(group))
        )
    return tuple(words)


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        # Punctuation with a mark of its own still belongs to the word before it.
        if token.piece.startswith(WORD_START) and group and not _is_punctuation(token):
            yield group
            group = []
        group.append(token)
    if group:
        yield group


def _is_punctuation(token: Token) -> bool:
    bare = token.piece.removeprefix(WORD_START)
    return bool(bare) and not any(character.isalnum() for character in bare)


def _starts_ms(
    groups: Sequence[Sequence[Token]], timing: Timing, least_ms: int, end_ms: int
) -> list[int]:
    """Returns when each word begins, `least_ms` or more after the one before it.

    A decoder may emit several words at one frame, and words in the padding after the audio.
    """
    starts_ms: list[int] = []
    earliest_ms = 0
    for place, group in enumerate(groups):
        start_ms = round(group[0].start_frame * timing.frame_s * 1000)
        latest_ms = end_ms - (len(groups) - place) * least_ms
        starts_ms.append(min(max(start_ms, earliest_ms), latest_ms))
        earliest_ms = starts_ms[-1] + least_ms
    return starts_ms


def _end_ms(group: Sequence[Token], timing: Timing) -> int:
    # Punctuation is often emitted in the pause after the word. No word is shorter than a frame.
    voiced = [token for token in group if not _is_punctuation(token)] or group
    frames = max(voiced[-1].end_frame, voiced[0].start_frame + 1)
    return round(frames * timing.frame_s * 1000)


def _confidence(group: Sequence[Token]) -> float | None:
    known = [token.confidence for token in group if token.confidence is not None]
    return round(min(1.0, max(0.0, min(known))), 3) if known else None


def _spelled(group: Sequence[Token]) -> tuple[TextToken, ...]:
    return tuple(
        TextToken(token.number, token.piece.replace(WORD_START, " "), round(token.logprob, 4))
        for token in group
    )
