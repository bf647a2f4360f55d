"""One token of a recogniser's vocabulary, as a decoder emits it."""

from dataclasses import dataclass

WORD_START = "▁"
"""SentencePiece's mark of a space before a token; other vocabularies are spelled the same way."""


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
