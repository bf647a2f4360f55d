"""A checkpoint's vocabulary: how its tokens are spelled, and which of them are never shown.

SentencePiece's, WordPiece's and characters are all spelled SentencePiece's way. The decoders and
the boosting of phrases read it.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from nemo_voice_stt.backends.transducer_ctc.tokens import WORD_START

_SIGNAL = re.compile(r"<EO[UB]>|<[a-z]{2,3}-[A-Z]{2}>")
"""Ends of utterances and of backchannels, and the tags of languages: no words."""
_CONTINUATION = "##"
"""WordPiece's mark of a token that does not begin a word."""


class Vocabulary:
    """The tokens of one checkpoint by their number."""

    def __init__(self, tokenizer: Any = None, labels: Sequence[str] = ()) -> None:
        """Takes NeMo's tokenizer, or the labels of a checkpoint that writes characters."""
        self.tokenizer = tokenizer if tokenizer is not None else _Characters(labels)
        spelled = self.tokenizer.ids_to_tokens(list(range(self.tokenizer.vocab_size)))
        self.pieces = tuple(_as_sentencepiece([str(piece) for piece in spelled]))
        self.signals = frozenset(
            number
            for number, piece in enumerate(self.pieces)
            if _SIGNAL.fullmatch(piece.lstrip(WORD_START))
        )
        """Tokens that the model emits beside the text."""

    @property
    def is_aggregate(self) -> bool:
        """Whether it joins several languages' tokenizers: a text then has several spellings."""
        return hasattr(self.tokenizer, "tokenizers_dict")

    @cached_property
    def is_cased(self) -> bool:
        """Whether it holds capital letters."""
        return any(piece != piece.lower() for piece in self.pieces if not _is_special(piece))

    def text_of(self, numbers: list[int]) -> str:
        """Returns what a list of token numbers spells."""
        return str(self.tokenizer.ids_to_text(numbers))

    def can_spell(self, text: str) -> bool:
        """Returns whether the tokens that NeMo chooses for a text spell it."""
        numbers = self.tokenizer.text_to_ids(text)
        return bool(numbers) and self.text_of(numbers).split() == text.split()


class _Characters:
    """Labels behind the methods of NeMo's tokenizers, which NeMo has none of for them."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = list(labels)
        self._numbers = {label: number for number, label in enumerate(self._labels)}
        self.vocab_size = len(self._labels)

    def ids_to_tokens(self, numbers: Sequence[int]) -> list[str]:
        return [self._labels[number].replace(" ", WORD_START) for number in numbers]

    def ids_to_text(self, numbers: Sequence[int]) -> str:
        return "".join(self._labels[number] for number in numbers)

    def text_to_ids(self, text: str) -> list[int]:
        return [self._numbers[character] for character in text if character in self._numbers]


def _as_sentencepiece(pieces: list[str]) -> list[str]:
    if not any(piece.startswith(_CONTINUATION) for piece in pieces):
        return pieces
    return [
        piece.removeprefix(_CONTINUATION)
        if piece.startswith(_CONTINUATION)
        else f"{WORD_START}{piece}"
        for piece in pieces
    ]


def _is_special(piece: str) -> bool:
    return piece.lstrip(WORD_START).startswith("<")
