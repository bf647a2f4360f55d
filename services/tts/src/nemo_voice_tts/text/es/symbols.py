"""The signs that are left of a text by their Spanish names."""

import re

from nemo_voice_tts.text.symbol_names import greek_letter, is_punctuation, symbol_name
from nemo_voice_tts.text.traced import Traced

_OTHER = re.compile(r"[^\w\s.,;:!?¡¿'\"()-]|_")
_GREEK = re.compile(r"(?<![\u0370-\u03ff])[\u0391-\u03c9\u2126\u00b5](?![\u0370-\u03ff])")
_STARS = re.compile(r"★{2,}")
_MARK = re.compile("[ºª]")
_SECTIONS = re.compile(r"§§?[ ]?(?=\w)")
_NAMES = {
    "&": "y", "%": "por ciento", "+": "más", "=": "igual a", "<": "menor que", ">": "mayor que",
    "@": "arroba", "#": "almohadilla", "*": "asterisco", "/": "barra", "\\": "barra invertida",
    "$": "dólar", "€": "euro", "£": "libra", "¥": "yen", "©": "copyright", "®": "registrado",
    "™": "marca registrada", "°": "grados", "§": "sección", "×": "por", "÷": "entre",
    "±": "más menos", "≈": "aproximadamente", "≠": "distinto de", "≤": "menor o igual que",
    "≥": "mayor o igual que", "√": "raíz cuadrada de", "∞": "infinito", "→": "flecha",
    "‰": "por mil", "№": "número", "¢": "centavo", "−": "menos", "✓": "visto", "✔": "visto",
    "✅": "visto", "☑": "visto", "✗": "cruz", "✘": "cruz", "❌": "cruz", "★": "estrella",
    "⭐": "estrella", "¶": "párrafo", "₹": "rupia", "₿": "bitcoin", "₩": "won", "₽": "rublo",
    "∑": "suma", "∏": "producto", "∫": "integral", "∂": "derivada parcial", "∇": "nabla",
    "∆": "delta", "∈": "pertenece a", "∉": "no pertenece a", "⊂": "es subconjunto de",
    "⊆": "es subconjunto de", "∪": "unión", "∩": "intersección", "∀": "para todo", "∃": "existe",
    "∅": "conjunto vacío", "∠": "ángulo", "⊥": "perpendicular a", "∥": "paralelo a",
    "∝": "proporcional a", "¬": "no", "∧": "y", "∨": "o", "⇒": "implica", "⇔": "si y solo si",
    "∴": "por lo tanto", "∵": "porque", "⋅": "por", "∙": "por", "≪": "mucho menor que",
    "≫": "mucho mayor que", "←": "flecha a la izquierda", "↑": "flecha arriba",
    "↓": "flecha abajo", "↔": "flecha doble", "♯": "sostenido", "♭": "bemol", "∛": "raíz cúbica de",
    "∓": "menos más", "≅": "aproximadamente", "≡": "equivalente a", "⩽": "menor o igual que",
    "⩾": "mayor o igual que", "∜": "raíz cuarta de", "∬": "integral doble",
    "∭": "integral triple", "∋": "contiene a", "⊃": "contiene a", "⊇": "contiene a",
    "∄": "no existe", "⊕": "más", "⊗": "por", "∘": "compuesta con", "⟹": "implica",
    "⟺": "si y solo si", "➜": "flecha", "➔": "flecha", "➡": "flecha", "☒": "cruz",
    "♮": "becuadro", "℠": "marca de servicio", "↦": "se aplica a", "′": "prima",
    "″": "doble prima", "Å": "angstrom", "‱": "por diez mil", "℗": "copyright", "^": "elevado a",
}  # fmt: skip
_COUNTS = {2: "dos", 3: "tres", 4: "cuatro", 5: "cinco", 6: "seis", 7: "siete"}


def symbols(text: Traced) -> Traced:
    """Returns the text without a sign that is neither a letter nor punctuation."""
    text = text.sub(_MARK, " ") if _MARK.search(text.text) else text
    if not _OTHER.search(text.text) and not _GREEK.search(text.text):
        return text
    text = text.sub(_STARS, _stars).sub(_SECTIONS, "sección ").sub(_OTHER, _named)
    return text.sub(_GREEK, lambda found: f" {greek_letter(found[0])} ")


def _stars(found: re.Match[str]) -> str:
    return f" {_COUNTS.get(len(found[0]), 'muchas')} estrellas "


def _named(found: re.Match[str]) -> str | None:
    sign = found[0]
    if sign in _NAMES:
        return f" {_NAMES[sign]} "
    if is_punctuation(sign):
        return None
    return f" {symbol_name(sign)} "
