"""Figures in Spanish words: the numbers that every other step of this folder shares."""

import re

from nemo_voice_tts.text.spellout import Spellout


def _spellout(cardinal: str, gender: str) -> Spellout:
    rules = {"cardinal": cardinal, "ordinal": f"spellout-ordinal-{gender}"}
    return Spellout("es", rules=rules, joins_thousands=False)


PLAIN = _spellout("spellout-numbering", "masculine")
"""Numbers that count nothing: "uno", "veintiuno"."""
_MASCULINE = _spellout("spellout-cardinal-masculine", "masculine")
_FEMININE = _spellout("spellout-cardinal-feminine", "feminine")

START = r"(?<![\w.,])(?<!\d[-/:])"
NUMBER = (
    r"(?:(?>\d{1,3}(?:\.\d{3})++(?!\d)|\d{1,3}(?:,\d{3}){2,}+(?!\d)|\d{1,3}(?:,\d{3})++(?=\.\d)|\d++)"
    r"(?:[.,]\d++)?+)"
)
"""A number without its sign, with a decimal comma, or the point and commas of Mexico."""
PLAIN_NUMBER = re.compile(
    r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|\d{1,3}(?:,\d{3})+\.\d+|\d+(?:[.,]\d+)?"
)
"""What is one number, not the parts of a version."""
_MILLIONS = re.compile(r".*\b(?:millón|millones|billón|billones)\b")
_HUNDREDS = re.compile(r"(?<=cient)os\b|(?<=quinient)os\b")
_GROUPED = re.compile(r"(?P<whole>\d{1,3}(?:,\d{3})+)(?:\.(?P<decimals>\d+))?")
END = r"(?!\d)(?![.,/:]\d)"

FUNCTION_WORDS = frozenset(
    {
        "a", "al", "con", "de", "del", "desde", "e", "el", "en", "entre", "es", "fue", "hasta",
        "como", "cuando", "donde", "le", "les", "me", "nos", "te", "hay",
        "era", "han", "ha", "está", "están", "estaba", "será", "serán", "no", "su", "sus",
        "nada", "cada", "ante", "bajo", "contra", "durante", "mediante", "sobre", "tras", "hacia",
        "además", "también", "así", "ahora", "aunque", "ganó", "llega", "llegó", "marca",
        "la", "las", "lo", "los", "menos", "más", "ni", "o", "para", "pero", "por", "que",
        "se", "según", "si", "sin", "son", "u", "y", "ya",
    }
)  # fmt: skip
_FEMININE_NOUN = re.compile(
    r"[a-záéíóúñü]*(?:as?|ción|ciones|siones|giones|niones|dad|dades|tud|sión|umbres?|ices|eces)"
    r"|veces|mujeres|noches|tardes|calles|partes|leyes|flores|clases?|frases?|fases?|bases?|redes"
    r"|paredes|señales|cárceles|madres|voces|luces|cruces|nubes|llaves?|naves?|aves|claves?|torres?"
    r"|fuentes?|muertes?|fiebres|serpientes|imágenes|órdenes|manos?|fotos?|motos?|radios|tesis|crisis"
    r"|series?|especies?|superficies|noche|tarde|calle|parte|ley|flor|mujer|vez|voz|luz|nube|razones?"
    r"|sales|millas?|hélices|labores|sedes?|suites?|raíces|gentes?|fes|nueces"
    r"|miles de personas|webs?|apps?"
)
_MASCULINE_NOUNS = re.compile(
    r"(?:clima|día|mediodía|idioma|mapa|planeta|sistema|tema|problema|poema|teorema|esquema|lema|dilema"
    r"|emblema|diadema|cometa|tranvía|sofá|papá|gorila|fantasma|aroma|síntoma|drama|enigma|estigma"
    r"|carisma|trauma|plasma|cosmonauta|astronauta|dálmata|atleta|poeta|pirata|guardia|policía|colega"
    r"|guía|espía|camarada|burócrata|demócrata|médico|prisma|hematoma|diploma|genoma|cromosoma|asma"
    r"|insecticida|ojalá|bosque|peces|pez|meses|mes|jueces|juez|lápices|ápices|vértices|índices|gas|mas)s?"
    r"|[a-záéíóúñ]+(?:istas?|gramas?)|gases|paraguas|cumpleaños|paracaídas|demás|además|mas|atrás|tras|jamás"
)
_NEXT = re.compile(r"\s+([a-záéíóúñü]+)", re.IGNORECASE)
_OWN_ORDINALS = {11: "undécim", 12: "duodécim"}
"""Where CLDR has the rarer of two words."""
_LONG_DECIMALS = 2
_PART_NAMES = {2: "medio", 3: "tercio", 4: "cuarto"}
_LAST_NAMED_PART = 10


def number(figures: str, *, feminine: bool = False, before_noun: bool = False) -> str:
    """Returns a number without sign in words: `1.234,5` is "mil doscientos … coma cinco".

    Args:
        figures: The number.
        feminine: Whether a feminine noun is counted.
        before_noun: Whether a noun follows, so that "uno" is "un".
    """
    whole, decimals = _parts(figures)
    if decimals:
        is_long = len(decimals) > _LONG_DECIMALS or decimals[0] == "0"
        mark = "punto" if figures[-len(decimals) - 1] == "." else "coma"
        tail = PLAIN.digits(decimals) if is_long else PLAIN.cardinal(int(decimals))
        return f"{PLAIN.integer(whole)} {mark} {tail}"
    if feminine:
        return _feminine(_FEMININE.integer(whole))
    return (_MASCULINE if before_noun else PLAIN).integer(whole)


def _feminine(words: str) -> str:
    """Returns a number with its hundreds of thousands in the feminine, but not of millions."""
    millions = _MILLIONS.match(words)
    at = millions.end() if millions else 0
    return words[:at] + _HUNDREDS.sub("as", words[at:])


def counted(figures: str, noun: str) -> str:
    """Returns a number in words before a noun, in its gender."""
    return number(figures, feminine=is_feminine(noun), before_noun=True)


def in_text(figures: str, text: str, end: int) -> str:
    """Returns a number in words as the word that follows in a text wants it.

    Args:
        figures: The number.
        text: The text.
        end: Where the number ends in it.
    """
    found = _NEXT.match(text, end)
    word = found[1].lower() if found else ""
    if not word or word in FUNCTION_WORDS:
        return number(figures)
    return counted(figures, word)


def is_feminine(noun: str) -> bool:
    """Returns whether a noun is probably feminine, from its ending."""
    first = noun.split(" ", maxsplit=1)[0].lower()
    if _MASCULINE_NOUNS.fullmatch(first):
        return False
    return _FEMININE_NOUN.fullmatch(first) is not None


def is_one(figures: str) -> bool:
    """Returns whether what is counted stands in the singular."""
    return figures == "1"


def ordinal(figures: str, *, feminine: bool = False) -> str:
    """Returns the ordinal of a number in words."""
    value = int(figures.replace(".", ""))
    if value in _OWN_ORDINALS:
        return f"{_OWN_ORDINALS[value]}{'a' if feminine else 'o'}"
    return (_FEMININE if feminine else _MASCULINE).ordinal(value)


def fraction(over: int, under: int) -> str:
    """Returns a fraction in words: "tres cuartos"."""
    if under in _PART_NAMES:
        part = _PART_NAMES[under]
    elif 0 < under <= _LAST_NAMED_PART:
        part = ordinal(str(under))
    else:
        return f"{number(str(over))} partido por {number(str(under))}"
    return f"un {part}" if over == 1 else f"{number(str(over))} {part}s"


def _parts(figures: str) -> tuple[str, str]:
    """Returns the digits before and after the decimal sign."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", figures):
        return figures.replace(".", ""), ""
    grouped = _GROUPED.fullmatch(figures)
    if grouped and (grouped["decimals"] or figures.count(",") > 1):
        return grouped["whole"].replace(",", ""), grouped["decimals"] or ""
    if "," in figures:
        whole, _, decimals = figures.partition(",")
        return whole.replace(".", ""), decimals
    whole, _, decimals = figures.rpartition(".")
    return (whole.replace(".", ""), decimals) if whole else (decimals, "")
