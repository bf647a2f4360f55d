"""Pronunciations written in phonemes, and how to write them in a model's own alphabet.

A request writes them in IPA, X-SAMPA or ARPAbet (`structure/ssml.py`, lists of pronunciations); the
backend turns them into the symbols that its model was trained with.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from nemo_voice_tts.errors import UnknownPhoneme
from nemo_voice_tts.text.phoneme_tables import (
    ARPABET_IPA,
    ARPABET_VARIANTS,
    IPA_ARPABET,
    IPA_SILENT,
    IPA_VARIANTS,
    VOWELS,
    X_SAMPA_IPA,
)

WORD_GAP = " "
"""Stands between the words of a pronunciation that has several."""
_ARPABET_SOUND = re.compile(r"([A-Z]+)([0-2]?)")
_ARPABET_GAPS = re.compile(r"[\s{}@.-]+")
_STRESS_MARKS = {
    "1": "\N{MODIFIER LETTER VERTICAL LINE}",
    "2": "\N{MODIFIER LETTER LOW VERTICAL LINE}",
}
_STRESS_DIGITS = {mark: digit for digit, mark in _STRESS_MARKS.items()}
_WEAK = frozenset({"AH", "ER"})
"""Vowels of unstressed syllables, where nothing is marked as stressed."""


class Alphabet(StrEnum):
    """How a pronunciation is written."""

    IPA = "ipa"
    X_SAMPA = "x-sampa"
    ARPABET = "arpabet"
    """The CMU dictionary's: `T AH0 M EY1 T OW2`."""


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a stretch of text sounds, whatever its letters."""

    written: str
    """The phonemes."""
    alphabet: Alphabet = Alphabet.IPA


def arpabet(pronunciation: Pronunciation) -> tuple[str, ...]:
    """Returns the phonemes in ARPAbet, vowels with their stress, `WORD_GAP` between words.

    A word in which nothing is stressed has the stress on its first full vowel.

    Raises:
        UnknownPhoneme: English has no such sound, or it is none; the message names it.
    """
    if pronunciation.alphabet is Alphabet.ARPABET:
        words = [_arpabet_sounds(pronunciation)]
    else:
        words = [_english_sounds(word, pronunciation) for word in ipa(pronunciation).split()]
    sounds: list[str] = []
    for word in filter(None, words):
        sounds += [WORD_GAP, *_stressed(word)] if sounds else _stressed(word)
    if not sounds:
        raise UnknownPhoneme("A pronunciation holds no phoneme. Write some, or leave it out.")
    return tuple(sounds)


def ipa(pronunciation: Pronunciation) -> str:
    """Returns the phonemes in IPA, without what marks no sound.

    Raises:
        UnknownPhoneme: It is written in an alphabet that has no such sound.
    """
    if pronunciation.alphabet is Alphabet.ARPABET:
        return "".join(map(_in_ipa, arpabet(pronunciation)))
    written = pronunciation.written
    if pronunciation.alphabet is Alphabet.X_SAMPA:
        written = _replaced(written, X_SAMPA_IPA)
    written = unicodedata.normalize("NFD", written).strip(" \t\n/[]")
    return _replaced(written, IPA_VARIANTS)


def _replaced(text: str, table: dict[str, str]) -> str:
    longest = max(map(len, table))
    out, at = [], 0
    while at < len(text):
        for length in range(longest, 0, -1):
            if (new := table.get(text[at : at + length])) is not None:
                out.append(new)
                at += length
                break
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def _arpabet_sounds(pronunciation: Pronunciation) -> list[str]:
    sounds: list[str] = []
    for name in filter(None, _ARPABET_GAPS.split(pronunciation.written.upper())):
        found = _ARPABET_SOUND.fullmatch(name)
        base, digit = found.groups() if found else (name, "")
        for sound in ARPABET_VARIANTS.get(base, base).split():
            is_vowel = sound in VOWELS
            if sound not in ARPABET_IPA or (digit and not is_vowel):
                raise unknown_phoneme(name, pronunciation)
            sounds.append(f"{sound}{digit}" if is_vowel else sound)
    return sounds


def _english_sounds(word: str, pronunciation: Pronunciation) -> list[str]:
    sounds, stress, at = [], "", 0
    longest = max(map(len, IPA_ARPABET))
    is_marked = any(mark in word for mark in _STRESS_DIGITS)
    while at < len(word):
        if word[at] in IPA_SILENT:
            stress = _STRESS_DIGITS.get(word[at], stress)
            at += 1
            continue
        for length in range(longest, 0, -1):
            if (names := IPA_ARPABET.get(word[at : at + length])) is not None:
                break
        else:
            raise unknown_phoneme(_sound_at(word, at), pronunciation)
        at += length
        # What follows a sound may say that it is another one: a nasal vowel is no vowel of English.
        if at < len(word) and unicodedata.combining(word[at]) and word[at] not in IPA_SILENT:
            raise unknown_phoneme(_sound_at(word, at - length), pronunciation)
        for name in names.split():
            if name in VOWELS:
                sounds.append(f"{name}{stress or ('0' if is_marked else '')}")
                stress = ""
            else:
                sounds.append(name)
    return sounds


def _sound_at(word: str, at: int) -> str:
    end = at + 1
    while end < len(word) and unicodedata.combining(word[end]):
        end += 1
    return unicodedata.normalize("NFC", word[at:end])


def _stressed(sounds: list[str]) -> list[str]:
    """Returns the sounds with a stress digit on each vowel."""
    unmarked = [place for place, sound in enumerate(sounds) if sound in VOWELS]
    strong = None
    if not any(sound[-1] in "12" for sound in sounds):
        full = [place for place in unmarked if sounds[place] not in _WEAK]
        strong = next(iter(full or unmarked[:1]), None)
    return [
        f"{sound}{int(place == strong)}" if sound in VOWELS else sound
        for place, sound in enumerate(sounds)
    ]


def _in_ipa(sound: str) -> str:
    if sound == WORD_GAP:
        return sound
    base, digit = (sound[:-1], sound[-1]) if sound[-1].isdigit() else (sound, "")
    return _STRESS_MARKS.get(digit, "") + ARPABET_IPA.get(sound, ARPABET_IPA[base])


def unknown_phoneme(sound: str, pronunciation: Pronunciation) -> UnknownPhoneme:
    """Returns the error for a sound that a voice does not have."""
    message = f"The voice has no sound {sound!r}, in the pronunciation {pronunciation.written!r}"
    return UnknownPhoneme(f"{message}. Write a sound that it has, or the words alone.")
