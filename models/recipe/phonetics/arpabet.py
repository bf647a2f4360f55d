"""ARPABET, the alphabet of the CMU dictionary, in espeak's phoneme notation."""

from dataclasses import dataclass

_VOWELS = {
    "AA": "A:",
    "AE": "a",
    "AO": "O:",
    "AW": "aU",
    "AY": "aI",
    "EH": "E",
    "EY": "eI",
    "IH": "I",
    "OW": "oU",
    "OY": "OI",
    "UH": "U",
    "UW": "u:",
}
_CONSONANTS = {
    "B": "b",
    "CH": "tS",
    "D": "d",
    "DH": "D",
    "F": "f",
    "G": "g",
    "HH": "h",
    "JH": "dZ",
    "K": "k",
    "L": "l",
    "M": "m",
    "N": "n",
    "NG": "N",
    "P": "p",
    "R": "r",
    "S": "s",
    "SH": "S",
    "T": "t",
    "TH": "T",
    "V": "v",
    "W": "w",
    "Y": "j",
    "Z": "z",
    "ZH": "Z",
}
_R_COLOURED = {"AO": "O@", "AA": "A@", "EH": "e@", "IH": "i@3", "UH": "U@"}
_WEAK_AND_STRONG = {"AH": ("@", "V"), "ER": ("3", "3:"), "IY": ("i", "i:")}
_STRESS = {"0": "", "1": "'", "2": ","}

# espeak replaces a phoneme by a variant of it according to its neighbours
_VARIANTS = (
    {"t", "t#", "t2", "?"},
    {"d", "d#"},
    {"r", "r-", "r/"},
    {"l", "l/", "l#", "@L"},
    {"@", "@2", "a#", "I2", "@5", "@#", "3"},
    {"3", "3:"},
    {"i", "i:", "I"},
    {"u:", "u"},
    {"O:", "O", "o@", "O2", "O@"},
    {"A:", "A", "A@", "0", "A#"},
    {"n", "N"},
    {"h", "h#"},
    {"i@3", "i@", "I@"},
    {"e@", "E"},
    {"U@", "U"},
)


@dataclass(frozen=True)
class Sound:
    """One espeak phoneme that stands for one or two ARPABET tokens."""

    name: str
    stress: str
    """Espeak's stress mark, written before the name; often empty."""
    token_count: int


def is_vowel(phoneme: str) -> bool:
    """Returns whether an ARPABET phoneme carries a stress digit, as the vowels do."""
    return phoneme[-1].isdigit()


def to_espeak(phonemes: list[str]) -> list[Sound]:
    """Returns espeak's phonemes for an ARPABET pronunciation.

    A vowel with a following R that no vowel follows becomes one r-coloured sound.
    """
    sounds = []
    index = 0
    while index < len(phonemes):
        sound = _sound_at(phonemes, index)
        sounds.append(sound)
        index += sound.token_count
    return sounds


def same_sound(expected: str, heard: str) -> bool:
    """Returns whether espeak may speak the phoneme `heard` where `expected` was written."""
    return expected == heard or any(expected in group and heard in group for group in _VARIANTS)


def _sound_at(phonemes: list[str], index: int) -> Sound:
    phoneme = phonemes[index]
    if not is_vowel(phoneme):
        return Sound(_CONSONANTS[phoneme], "", 1)
    base, digit = phoneme[:-1], phoneme[-1]
    following = phonemes[index + 1 : index + 3]
    r_closes = following[:1] == ["R"] and not (len(following) > 1 and is_vowel(following[1]))
    if base in _R_COLOURED and r_closes:
        return Sound(_R_COLOURED[base], _STRESS[digit], 2)
    if base in _WEAK_AND_STRONG:
        return Sound(_WEAK_AND_STRONG[base][digit != "0"], _STRESS[digit], 1)
    return Sound(_VOWELS[base], _STRESS[digit], 1)
