"""The signs that are left of a text by their German names."""

import re

from nemo_voice_tts.text.symbol_names import greek_letter, is_punctuation, symbol_name
from nemo_voice_tts.text.traced import Traced

NAMES = {
    "&": "und", "%": "Prozent", "+": "plus", "=": "gleich", "<": "kleiner als",
    ">": "größer als", "@": "at", "#": "Raute", "*": "Stern", "/": "Schrägstrich", "$": "Dollar",
    "£": "Pfund", "€": "Euro", "¥": "Yen", "¢": "Cent", "₹": "Rupien", "©": "Copyright",
    "®": "eingetragene Marke", "™": "Marke", "°": "Grad", "§": "Paragraf", "№": "Nummer",
    "×": "mal", "÷": "geteilt durch", "±": "plus minus", "≈": "ungefähr", "≠": "ungleich",
    "≤": "kleiner oder gleich", "≥": "größer oder gleich", "√": "Wurzel aus", "∞": "unendlich",
    "→": "Pfeil nach rechts", "←": "Pfeil nach links", "↑": "Pfeil nach oben",
    "↓": "Pfeil nach unten", "⇒": "daraus folgt", "‰": "Promille", "−": "minus", "✓": "Haken",
    "✔": "Haken", "✅": "Haken", "✗": "Kreuz", "✘": "Kreuz", "❌": "Kreuz", "★": "Stern",
    "∑": "Summe", "∏": "Produkt", "∫": "Integral", "∂": "partiell", "∈": "Element von",
    "∅": "leere Menge", "∪": "vereinigt mit", "∩": "geschnitten mit", "⊂": "Teilmenge von",
    "∀": "für alle", "∃": "es gibt", "¬": "nicht", "∧": "und", "∨": "oder", "⋅": "mal",
    "^": "hoch", "¶": "Absatz", "∓": "minus plus", "≅": "ungefähr", "≡": "äquivalent zu",
    "⩽": "kleiner oder gleich", "⩾": "größer oder gleich", "≪": "viel kleiner als",
    "≫": "viel größer als", "∛": "dritte Wurzel aus", "∜": "vierte Wurzel aus",
    "∬": "Doppelintegral", "∭": "Dreifachintegral", "∇": "Nabla", "∆": "Delta",
    "∉": "kein Element von", "∋": "enthält", "⊆": "Teilmenge von", "⊃": "Obermenge von",
    "⊇": "Obermenge von", "∄": "es gibt kein", "∠": "Winkel", "⊥": "senkrecht zu",
    "∥": "parallel zu", "∝": "proportional zu", "⊕": "plus", "⊗": "mal", "∴": "also",
    "∵": "weil", "∘": "nach", "‱": "Zehntausendstel", "↔": "Doppelpfeil",
    "⇔": "genau dann wenn", "⟹": "daraus folgt", "⟺": "genau dann wenn",
    "➜": "Pfeil nach rechts", "➔": "Pfeil nach rechts", "➡": "Pfeil nach rechts", "☑": "Haken",
    "☒": "Kreuz", "♯": "Kreuz", "♭": "B", "♮": "Auflösungszeichen", "℠": "Dienstleistungsmarke",
    "⭐": "Stern", "↦": "wird abgebildet auf", "′": "Strich", "″": "zwei Strich",
    "Å": "Ångström", "∙": "mal", "º": "",
    "ª": "", "₿": "Bitcoin", "℗": "Copyright", "₽": "Rubel", "₩": "Won",
}  # fmt: skip
_SECTIONS = re.compile(r"§§[ ]?(?=\w)")
_SECTION = re.compile(r"§[ ]?(?=\w)")
_GENDERED = re.compile(r"(?<=[a-zäöüß])[*:_](?=innen\b|in\b|r\b|n\b)")
"""As in `Lehrer*innen`: a short stop of the voice, which no sign brings about."""
_SLASH = re.compile(r"(?<=[^\W\d_])/(?=[^\W\d_])")
_STARS = re.compile(r"★+")
_OTHER = re.compile(r"[^\w\s.,;:!?'\"()-]|_")
_GREEK = re.compile(r"(?<![\u0370-\u03ff])[\u0391-\u03c9\u2126\u00b5](?![\u0370-\u03ff])")


def symbols(text: Traced) -> Traced:
    """Returns the text without a sign that is neither a letter nor punctuation."""
    if not _OTHER.search(text.text) and not _GREEK.search(text.text):
        return text
    text = text.sub(_GENDERED, "").sub(_SECTIONS, "Paragrafen ").sub(_SECTION, "Paragraf ")
    text = text.sub(_SLASH, " ").sub(_STARS, _stars)
    text = text.sub(_OTHER, _named)
    return text.sub(_GREEK, _greek)


_GREEK_NAMES = {"mu": "mü", "nu": "nü", "upsilon": "ypsilon"}


def _greek(found: re.Match[str]) -> str:
    name = greek_letter(found[0])
    return f" {_GREEK_NAMES.get(name, name)} "


def _stars(found: re.Match[str]) -> str | None:
    return None if len(found[0]) == 1 else f" {_COUNTS.get(len(found[0]), 'viele')} Sterne "


_COUNTS = {2: "zwei", 3: "drei", 4: "vier", 5: "fünf", 6: "sechs", 7: "sieben"}


def _named(found: re.Match[str]) -> str | None:
    sign = found[0]
    if sign in NAMES:
        return f" {NAMES[sign]} "
    if is_punctuation(sign):
        return None
    return f" {symbol_name(sign)} "
