"""Files and identifiers of a machine: paths, file names, flags, `snake_case`, `camelCase`, hex."""

import re

from nemo_voice_tts.text.en.addresses import pieces
from nemo_voice_tts.text.en.spelling import before, is_word, known_readings, letters, part, word_set
from nemo_voice_tts.text.en.units import unit_name
from nemo_voice_tts.text.traced import Traced

_NAME = r"[\w.@+%~{}-]"
_UNIX = re.compile(
    rf"(?<![\w/.:<%])(~|\.{{1,2}})?((?:/{_NAME}{{1,80}}){{2,20}}/?|(?<=[~.])/{_NAME}{{1,80}}/?|(?<![\w/.:<%])/[a-z]{{2,20}}/?(?=[\s,;:.!?)\"']|$))"
)
_RELATIVE = re.compile(
    rf"(?<![\w/.:@])([A-Za-z_]{_NAME}{{0,60}}(?:/{_NAME}{{1,80}}){{0,20}}/[\w-]{{0,60}}\.[a-z][a-z0-9]{{0,5}})(?![\w/])"
)
_FOLDERS = re.compile(
    r"(?<![\w/.:@])((?:[a-z][a-z0-9_-]{1,40}/){2,20}(?:[a-z][a-z0-9_-]{1,40})?|[a-z][a-z0-9_-]{1,40}/(?=[\s,;:.!?)\"']|$))"
)
_WINDOWS = re.compile(r"(?<!\w)([A-Za-z]:|\\)((?:\\[\w. $+-]{0,60}\w){1,20}\\?)")
_EXTENSIONS = (
    "py|js|ts|jsx|tsx|mjs|css|scss|html?|xml|json|jsonl|ya?ml|toml|ini|cfg|conf|env|md|rst|txt|csv"
    "|tsv|pdf|docx?|xlsx?|pptx?|odt|png|jpe?g|gif|svg|webp|ico|bmp|tiff?|mp3|mp4|wav|flac|ogg|avi"
    "|mov|mkv|zip|tar|gz|tgz|bz2|xz|7z|rar|exe|msi|dmg|deb|rpm|apk|iso|sh|bash|zsh|bat|ps1|go|rs"
    "|java|kt|c|h|cpp|hpp|cs|rb|php|pl|lua|sql|db|sqlite|log|lock|bak|tmp|ipynb|tf|proto|pem|crt|key"
    "|nemo|onnx|pt|safetensors|gguf|bin|so|dll|service|vue|swift|dart|ex|srt|vtt|eml|ics"
)
_FILE = re.compile(
    rf"(?<![\w./@-])(\w[\w-]{{0,80}}(?:\.[\w-]{{1,40}}){{0,4}}\.(?:{_EXTENSIONS}))(?![\w-]|\.\w)"
)
_HIDDEN = re.compile(r"(?<![\w./)\]])(\.[a-z][a-z0-9_-]{2,30}(?:\.[a-z]{2,8})?)\b")
_EXTENSION = re.compile(rf"(?<![\w./)\]])\.({_EXTENSIONS})\b(?![\w./])")
_FLAG = re.compile(
    r"(?<!= )(?<!\w\()(?<![^\s(\"'`\[=|])(--?)([A-Za-z][\w-]{0,40})(=[\w./-]{0,60}\w)?"
    r"(?!\)?[ ]?[±+×÷·*/^=≤≥²³][ ]?[\w√(]|[²³])"
)
"""No unknown of a formula: `(-b ± √d)`."""
_SNAKE = re.compile(r"(?<![\w./])(_{0,2}[A-Za-z]\w{0,80}_\w{1,80}|__\w{1,40}__)(\(\))?")
_CALL = re.compile(r"(?<![\w./])([A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60}){0,5})\(\)")
_DOTTED = re.compile(
    r"(?<![\w./@-])([a-z_][a-z0-9_]{1,40}(?:\.[a-z_A-Z][A-Za-z0-9_]{1,40}){2,8})(?![\w.]*[/@])\b"
)
_CAMEL = re.compile(
    r"(?<![\w.-])((?:[a-z]+|[A-Z]{2,4}(?=[A-Z][a-z])|[A-Z][a-z]+)(?:[A-Z]+[a-z]*|\d+(?=[A-Z]))+[a-z]*\d{0,3})(?='s\b|\b)(?![.-]\w)"
)
_LONE_UNIT = re.compile(r"\b[A-Z]{2}[a-z]\b")
"""What may be a unit without its number, such as `GHz` in the head of a table."""
_HEX = re.compile(r"\b0[xX]([0-9A-Fa-f]{1,32})\b")
_BINARY = re.compile(r"\b0[b]([01]{1,64})\b")
_UUID = re.compile(r"\b([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b")
_HASH = re.compile(r"\b(?=[0-9a-f]{0,39}\d)(?=[0-9a-f]{0,39}[a-f])([0-9a-f]{7,64})\b")
_NODE = re.compile(
    r"\b(Node|Next|Vue|React|Nuxt|Express|Three|Angular|Backbone|Socket|D3|Chart|Discord)\.(js|JS|io)\b"
)
_AMOUNT = re.compile(r"\d[\d.,]* ?$|/$")
"""What stands before a unit, such as `kWh`."""
_NAMES_OF_PEOPLE = re.compile(r"(?:Mc|Mac|O'|De|Di|Du|La|Le|Van|Fitz)[A-Z][a-z]+")
_NET = re.compile(r"\b([A-Z]{2,4})\.NET\b")
_INTERNAL = re.compile(r"(?<![\w.])\.NET\b")


def paths(text: Traced) -> Traced:
    """Returns the text with paths, file names and identifiers in words."""
    if "\\" in text.text:
        text = text.sub(_WINDOWS, _windows)
    if "/" in text.text:
        text = text.sub(_UNIX, _unix).sub(_RELATIVE, lambda found: pieces(found[1]))
        text = text.sub(_FOLDERS, _folders)
    if "." in text.text:
        text = text.sub(_NET, lambda found: f"{letters(found[1])} dot net")
        text = text.sub(_INTERNAL, "dot net").sub(_NODE, _node)
        text = text.sub(_FILE, lambda found: pieces(found[1])).sub(_HIDDEN, _hidden)
        text = text.sub(_EXTENSION, lambda found: pieces(found[0]))
        text = text.sub(_DOTTED, lambda found: pieces(found[1]))
    if "-" in text.text:
        text = text.sub(_UUID, _uuid).sub(_FLAG, _flag)
    if "_" in text.text:
        text = text.sub(_SNAKE, _snake)
    if "()" in text.text:
        text = text.sub(_CALL, lambda found: pieces(found[1]))
    text = text.sub(_LONE_UNIT, _lone_unit)
    text = text.sub(_HEX, lambda found: f"zero X {letters(found[1])}")
    text = text.sub(_BINARY, lambda found: f"zero B {letters(found[1])}")
    return text.sub(_HASH, lambda found: letters(found[1])).sub(_CAMEL, _camel)


def _windows(found: re.Match[str]) -> str:
    drive, rest = found.groups()
    said = f"{drive[0].upper()} colon" if drive != "\\" else "backslash"
    return " ".join([said, *(pieces(piece) for piece in re.split(r"(\\)| ", rest) if piece)])


def _unix(found: re.Match[str]) -> str:
    return pieces(f"{found[1] or ''}{found[2]}".rstrip("."))[:4000] + (
        "." if found[2].endswith(".") else ""
    )


def _folders(found: re.Match[str]) -> str | None:
    path = found[1]
    names = path.rstrip("/").split("/")
    if _AMOUNT.search(before(found, 4)):
        return None
    if not path.endswith("/") and all(map(is_word, names)):
        return None
    return pieces(path)


def _node(found: re.Match[str]) -> str:
    return f"{found[1]} dot {letters(found[2])}"


def _hidden(found: re.Match[str]) -> str:
    return pieces(found[1])


def _uuid(found: re.Match[str]) -> str:
    return ", ".join(map(letters, found[1].split("-")))


def _flag(found: re.Match[str]) -> str:
    dashes, name, value = found.groups()
    said = ["dash"] * len(dashes)
    said.append(pieces(name.replace("-", " ")))
    if value:
        said.append(pieces(value))
    return " ".join(said)


def _snake(found: re.Match[str]) -> str:
    return " ".join(filter(None, map(part, found[1].split("_"))))


def _lone_unit(found: re.Match[str]) -> str | None:
    if _AMOUNT.search(before(found, 4)):
        return None
    return unit_name(found[0], is_one=before(found, 4) == "per ")


def _camel(found: re.Match[str]) -> str | None:
    name = found[1]
    if _AMOUNT.search(before(found, 4)):
        return None
    unit = _lone_unit(found)
    if unit is not None:
        return unit
    if name in word_set("units after a number"):
        return None
    if name in known_readings() or _NAMES_OF_PEOPLE.fullmatch(name):
        return None
    if (name[-1] == "s" and name[:-1].isupper()) or name.isupper():
        return None
    return part(name)
