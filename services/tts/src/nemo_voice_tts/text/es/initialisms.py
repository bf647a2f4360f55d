"""Initials in Spanish: those that are said as words, and the names of letters."""

import re

LETTERS = {
    "B": "be", "C": "ce", "D": "de", "F": "efe", "G": "ge", "H": "hache", "I": "i", "J": "jota",
    "K": "ka", "L": "ele", "M": "eme", "N": "ene", "Ñ": "eñe", "P": "pe", "Q": "cu", "R": "erre",
    "S": "ese", "T": "te", "U": "u", "V": "uve", "W": "uve doble", "X": "equis", "Z": "zeta",
    "A": "a", "E": "e", "O": "o", "Y": "i griega", "Á": "a", "É": "e", "Í": "i", "Ó": "o", "Ú": "u",
}  # fmt: skip

KNOWN = {"WiFi": "wifi", "Wi-Fi": "wifi", "PyME": "pyme", "PYME": "pyme", "PyMEs": "pymes"}
_WORDS = frozenset(
    {
        "PIB", "OVNI", "VIP", "UNICEF", "PSOE", "COVID", "OVNIS", "IMSERSO", "INSALUD", "ESADE",
        "IKEA", "TAC", "FARC", "INEGI", "UNED", "WIFI", "CERN", "NIF", "CIF",
        "IBEX", "NASDAQ", "OCU", "MERCOSUR", "INTERPOL",
        "NO", "YA", "SÍ", "TÚ", "LO", "SU", "FROB", "SEPE", "ZARA", "SEAT", "BIC",
    }
)  # fmt: skip
_SPELLED = frozenset({"ETC", "UNE", "AEE"})
INITIALS = frozenset(
    {"UE", "IA", "BCE", "DNI", "FMI", "UCI", "IPC", "ADN", "ITV", "USB", "UGT", "INE", "UPV"}
)
"""Spelled in a headline too, where other short words are words."""
CONJUNCTION = re.compile(
    r"(?<!\b[A-ZÑ] )(?<!\b[ye] )(?<!\beje )(?<!\bletra )Y(?=,? [¿¡\"(]?(?:[a-záéíóúñ]|[^\W\d_]{2}))"
)
"""The word, with which a sentence begins, not the letter."""
_PRONOUNCEABLE = re.compile(
    r"(?:(?:QU|CH|LL|RR|[BCFGPT][LR]|DR|[BCDFGHJKLMNÑPQRSTVXYZ])?[AEIOUÁÉÍÓÚ]{1,2}[LMNRSDXZ]?)+"
)
_SHORTEST_WORD = 3
"""In letters: `UE` and `IA` are spelled."""


def is_word(capitals: str) -> bool:
    """Returns whether a word in capitals is said as one."""
    if capitals in _WORDS:
        return True
    if len(capitals) < _SHORTEST_WORD or capitals in _SPELLED:
        return False
    return _PRONOUNCEABLE.fullmatch(capitals) is not None
