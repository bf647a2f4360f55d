"""Initials in German: those that are said as words, and the names of letters."""

import re

from nemo_voice_tts.text.word_sets import WordSets

LETTERS = {
    "A": "ah", "B": "beh", "C": "zeh", "D": "deh", "E": "eh", "F": "eff", "G": "geh", "H": "hah",
    "I": "ih", "J": "jott", "K": "kah", "L": "ell", "M": "emm", "N": "enn", "O": "oh", "P": "peh",
    "Q": "kuh", "R": "err", "S": "ess", "T": "teh", "U": "uh", "V": "vau", "W": "weh", "X": "ix",
    "Y": "ypsilon", "Z": "zett", "Ä": "äh", "Ö": "öh", "Ü": "üh",
}  # fmt: skip
"""As German children learn them, written so that a voice says them long."""

KNOWN = {
    "GmbH": "G M B H", "GbR": "G B R", "Pkw": "P K W", "Lkw": "L K W", "Kfz": "K F Z",
    "PLZ": "Postleitzahl", "WLAN": "W Lan", "StGB": "S T G B", "GG": "Grundgesetz",
    "BGB": "B G B", "BAföG": "Bafög", "Pkws": "P K Ws", "Lkws": "L K Ws", "eV": "Elektronenvolt",
    "MwSt": "Mehrwertsteuer", "USt": "Umsatzsteuer", "Hbf": "Hauptbahnhof", "TÜV": "Tüv",
    "StVO": "S T V O", "AfD": "A F D", "e-Mail": "E-Mail", "km/h": "Kilometer pro Stunde",
}  # fmt: skip
_SETS = WordSets(__package__)
_WORDS = _SETS["initials said as words"]
INITIALS = _SETS["initials spelled in headlines"]
"""Spelled in a headline too, where other short words are words."""
SMALL_WORDS = frozenset(
    {
        "und",
        "oder",
        "ist",
        "sind",
        "war",
        "nicht",
        "auch",
        "noch",
        "nur",
        "zu",
        "von",
        "mit",
        "für",
        "sehr",
        "jetzt",
        "neu",
        "gut",
        "nein",
        "immer",
        "nie",
        "ganz",
        "viel",
        "mehr",
        "muss",
        "kann",
        "darf",
    }
    | {word.lower() for word in _SETS["openers"]}
    | _SETS["determiners with -e"]
    | _SETS["determiners with -en"]
)
"""Words that no list of initials has."""
_PRONOUNCEABLE = re.compile(
    r"(?:(?:SCH|ST|SP|CH|QU|[BDFGKPTVW][LR]|[BCDFGHJKLMNPRSTVWXZ])?[AEIOUÄÖÜY]{1,2}[LMNRSTCKDFGPBXZ]{0,2})+"
)
_SHORTEST_WORD = 6
"""In letters: shorter capitals are mostly initials."""


def is_word(capitals: str) -> bool:
    """Returns whether a word in capitals is said as one."""
    if capitals in INITIALS:
        return False
    if capitals in _WORDS or (capitals.lower() in SMALL_WORDS and len(capitals) > 2):  # noqa: PLR2004 a pair is initials
        return True
    return len(capitals) >= _SHORTEST_WORD and _PRONOUNCEABLE.fullmatch(capitals) is not None
