"""A model's own symbols: text and pronunciations become its tokens."""

import re
import unicodedata
from collections.abc import Container, Sequence
from itertools import chain
from string import ascii_letters
from typing import Any

from typing_extensions import override

from nemo_voice_tts.errors import UnknownPhoneme
from nemo_voice_tts.synthesis.port import NO_WORD
from nemo_voice_tts.text.alignment import aligned
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
_ENGLISH_LETTERS = re.compile(r"[^0-9\x80-\U0010ffff]*")
_MOST_REMEMBERED = 4096


class Vocabulary:
    """NeMo's tokenizer of one model: of phonemes, or of letters alone.

    Args:
        tokenizer: The model's own.
        is_english: Whether capitals that its dictionary does not hold are initials, said letter by
            letter. A model without a dictionary reads them like any word.
    """

    def __init__(self, tokenizer: Any, *, is_english: bool = True) -> None:
        self._tokenizer = tokenizer
        self._symbols: frozenset[str] = frozenset(tokenizer.tokens)
        self._g2p = getattr(tokenizer, "g2p", None)
        self._letter_mark: str = getattr(self._g2p, "grapheme_prefix", None) or ""
        words = getattr(self._g2p, "phoneme_dict", None)
        self._lexicon = _Lexicon(words) if words and is_english else None
        self._nearest: dict[str, tuple[str, ...]] = {}
        self._reads_english_letters = all(
            self._fitting(self._letter_mark + letter) for letter in ascii_letters
        )

    def encode(self, text: str, pronunciations: Pronunciations = NONE) -> tuple[int, ...]:
        """Returns the tokens of normalised text; what `unread` returns has none.

        Args:
            text: In words, with placeholders.
            pronunciations: What the placeholders stand for.

        Raises:
            UnknownPhoneme: The model has not every sound of a pronunciation.
        """
        said = self._symbols_of(self._spelled(text), pronunciations)
        fitting = [one for symbol in said for one in self._fitting(symbol)]
        if self._g2p is None:
            return tuple(self._tokenizer.encode("".join(fitting)))
        return tuple(self._tokenizer.encode_from_g2p(fitting))

    def token_words(self, text: str, pronunciations: Pronunciations = NONE) -> tuple[int, ...]:
        """Returns for each token of `encode` which word of the text it is of, else `NO_WORD`."""
        written = self._spelled(text)
        symbols = self._symbols_of(written, pronunciations)
        words = text.split()
        of_written = [first for first, _ in aligned(words, written.split())]
        fitting = [
            (one, word)
            for symbol, word in zip(symbols, _words_of(symbols, of_written), strict=True)
            for one in self._fitting(symbol)
        ]
        names = self._tokenizer.tokens
        return _found_again([names[token] for token in self.encode(text, pronunciations)], fitting)

    def _spelled(self, text: str) -> str:
        return text if self._lexicon is None else spelled(text, self._lexicon)

    def _symbols_of(self, written: str, pronunciations: Pronunciations) -> list[str]:
        pieces: list[Sequence[str]] = []
        at = 0
        for found in PLACEHOLDER.finditer(written):
            pieces.append(self._of_text(written[at : found.start()]))
            if said := pronunciations.get(found[0]):
                pieces.append(self.symbols(said))
            at = found.end()
        pieces.append(self._of_text(written[at:]))
        return list(chain.from_iterable(pieces))

    def unread(self, text: str) -> str:
        """Returns the letters and digits of normalised text for which the model has no symbol.

        A letter with an accent that the model does not know is read as the letter without it.
        """
        if self._reads_english_letters and _ENGLISH_LETTERS.fullmatch(text):
            return ""
        lost = (symbol for symbol in self._of_text(text) if not self._fitting(symbol))
        return "".join(
            symbol.removeprefix(self._letter_mark)
            for symbol in lost
            if any(character.isalnum() for character in symbol)
        )

    def symbols(self, pronunciation: Pronunciation) -> list[str]:
        """Returns the model's symbols for a pronunciation.

        Raises:
            UnknownPhoneme: The model has not every sound of it; the message names the first.
        """
        if self._g2p is None:
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

    def _of_text(self, text: str) -> Sequence[str]:
        if not text:
            return ()
        written: str = self._tokenizer.text_preprocessing_func(text)
        symbols: Sequence[str] = written if self._g2p is None else self._g2p(written)
        return symbols

    def _fitting(self, symbol: str) -> tuple[str, ...]:
        """Returns the symbol as the model has it; of an unknown letter, the nearest ones."""
        if symbol in self._symbols:
            return (symbol,)
        found = self._nearest.get(symbol)
        if found is None:
            found = self._nearest_of(symbol)
            if len(self._nearest) < _MOST_REMEMBERED:
                self._nearest[symbol] = found
        return found

    def _nearest_of(self, symbol: str) -> tuple[str, ...]:
        if symbol[:-1] in self._symbols and symbol[-1:].isdigit():  # a model without stresses
            return (symbol,)
        letter = symbol.removeprefix(self._letter_mark)
        plain = "".join(filter(str.isalnum, unicodedata.normalize("NFD", letter)))
        for one in (letter.lower(), letter.upper(), plain, plain.lower(), plain.upper()):
            marked = tuple(f"{self._letter_mark}{character}" for character in one)
            if marked and self._symbols.issuperset(marked):
                return marked
        return ()


def _words_of(symbols: Sequence[str], of_written: Sequence[int]) -> list[int]:
    """Returns the word of each symbol: blanks stand between words."""
    groups: list[int] = []
    count, is_inside = 0, False
    for symbol in symbols:
        is_blank = not symbol.strip()
        count += not is_blank and not is_inside
        is_inside = not is_blank
        groups.append(NO_WORD if is_blank else count - 1)
    if not of_written:
        return [NO_WORD] * len(symbols)
    # A tokenizer that drops a word, or makes two of one, leaves the others near their places.
    last, scale = len(of_written) - 1, len(of_written) / max(1, count)
    return [
        NO_WORD if group == NO_WORD else of_written[min(last, int(group * scale))]
        for group in groups
    ]


def _found_again(tokens: Sequence[str], symbols: Sequence[tuple[str, int]]) -> tuple[int, ...]:
    """Returns the words of tokens that were made of symbols, some of which have none."""
    words: list[int] = []
    at = 0
    for token in tokens:
        place = at
        # Tokenizers add blanks at both ends, and leave out what they have no token for.
        while place < len(symbols) and not _is_written_as(symbols[place][0], token):
            place += 1
        if not any(map(str.isalnum, token)) or place == len(symbols):
            words.append(NO_WORD)
        else:
            words.append(symbols[place][1])
            at = place + 1
    return tuple(words)


def _is_written_as(symbol: str, token: str) -> bool:
    is_without_stress = symbol[:-1] == token and symbol[-1:].isdigit()
    return symbol == token or is_without_stress


class _Lexicon(Container[str]):
    """The words of a model's dictionary, which writes all of them in one case or another."""

    def __init__(self, words: Container[str]) -> None:
        self._words = words

    @override
    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str):
            return False
        return any(one in self._words for one in (word, word.upper(), word.capitalize()))
