"""A model's own symbols: text and pronunciations become its tokens."""

from itertools import chain
from typing import Any

from nemo_voice_tts.errors import UnknownPhoneme
from nemo_voice_tts.text.initials import spelled
from nemo_voice_tts.text.insets import NONE, PLACEHOLDER, Pronunciations
from nemo_voice_tts.text.phoneme_tables import IPA_SILENT
from nemo_voice_tts.text.phonemes import (
    Pronunciation,
    arpabet,
    ipa,
    unknown_phoneme,
)

_ONLY_IN_ARPABET = "CH"
_OTHER_WRITINGS: dict[str, str] = {
    "\N{LATIN SMALL LETTER SCRIPT G}": "g",
    "ɹ": "rɻ",
    "r": "ɹ",
    "ɚ": "əɝ",
    "ɝ": "ɜɚ",
    "ə": "ʌ",
    "ʌ": "ə",
}
"""Symbols that IPA models differ in for one and the same sound, the nearest first."""


class Vocabulary:
    """NeMo's tokenizer of one model."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._symbols: frozenset[str] = frozenset(tokenizer.tokens)
        self._lexicon = getattr(tokenizer.g2p, "phoneme_dict", None) or {}

    def encode(self, text: str, pronunciations: Pronunciations = NONE) -> tuple[int, ...]:
        """Returns the tokens of normalised text.

        Args:
            text: In words, with placeholders.
            pronunciations: What the placeholders stand for.

        Raises:
            UnknownPhoneme: The model has not every sound of a pronunciation.
        """
        written = spelled(text, self._lexicon)
        if not pronunciations or PLACEHOLDER.search(written) is None:
            return tuple(self._tokenizer.encode(written))
        pieces = []
        at = 0
        for found in PLACEHOLDER.finditer(written):
            pieces += [self._of_text(written[at : found.start()])]
            if said := pronunciations.get(found[0]):
                pieces += [self.symbols(said)]
            at = found.end()
        pieces += [self._of_text(written[at:])]
        return tuple(self._tokenizer.encode_from_g2p(list(chain.from_iterable(pieces))))

    def symbols(self, pronunciation: Pronunciation) -> list[str]:
        """Returns the model's symbols for a pronunciation.

        Raises:
            UnknownPhoneme: The model has not every sound of it; the message names the first.
        """
        if not hasattr(self._tokenizer, "encode_from_g2p"):
            message = "This voice reads letters and takes no phonemes. Write the words alone."
            raise UnknownPhoneme(message)
        if _ONLY_IN_ARPABET in self._symbols:
            return list(arpabet(pronunciation))
        return [
            self._ipa_symbol(mark, pronunciation)
            for mark in ipa(pronunciation)
            if mark in self._symbols or mark not in IPA_SILENT
        ]

    def _ipa_symbol(self, mark: str, pronunciation: Pronunciation) -> str:
        for symbol in mark + _OTHER_WRITINGS.get(mark, ""):
            if symbol in self._symbols:
                return symbol
        raise unknown_phoneme(mark, pronunciation)

    def _of_text(self, text: str) -> list[str]:
        if not text:
            return []
        symbols: list[str] = self._tokenizer.g2p(self._tokenizer.text_preprocessing_func(text))
        return symbols
