"""Formulas in words: powers, roots, factorials, operators between numbers and letters."""

import re

from nemo_voice_tts.text.en.figures import NUMBER, number
from nemo_voice_tts.text.en.units import unit_name
from nemo_voice_tts.text.traced import Traced

_UNIT = r"(?:[ ](?P<unit>(?!in\b|at\b|to\b|as\b|A\b)[A-Za-zµΩ]{1,4}(?:/[A-Za-z]{1,3})?)(?!\w))?"
_POWER = re.compile(
    r"(?<=[\w)\]|])[ ]?\^[ ]?(?P<brace>[({])?(?P<sign>[-+])?(?P<power>\d+(?:\.\d+)?"
    r"|[A-Za-z]{1,2})(?(brace)[)}])(?:[ ](?=[A-Za-z]\b))?"
)
_SCIENTIFIC = re.compile(
    rf"(?<![\w.,])(?P<minus>-)?(?P<a>{NUMBER})[eE](?P<sign>[-+])?(?P<power>\d{{1,4}})"
    rf"(?!\w|\.\d){_UNIT}"
)
_TEN = re.compile(
    rf"(?<![\w.,])(?P<a>{NUMBER})[ ]?[x×*·][ ]?10[ ]?\^[ ]?\(?(?P<sign>[-+])?"
    rf"(?P<power>\d+)\)?{_UNIT}"
)
_ROOT = re.compile(rf"(?P<root>[√∛∜])[ ]?(?P<of>{NUMBER}|[A-Za-z]\w{{0,2}}|(?=\())")
_POWER_OF = re.compile(
    r"(?<=[\w)\]|])[ ]?\^[ ]?(?:\((?P<a>[^()^]{1,20})\)|\{(?P<b>[^{}^]{1,20})\})"
)
_FACTORIAL = re.compile(r"(?<!\w)(?P<n>\d{1,4}|[nkm])!(?=[ ]?[=/*+×÷-]|[)]| (?:is|equals)\b)")
_ARROWS = (
    (re.compile(r"[ ]?(?:<=>|⇔|⟺)[ ]?"), " if and only if "),
    (re.compile(r"(?<=[\w)\"'\]])[ ]*(?:--?>|=>|→|➜|➔|⇒|⟶|⟹|↦|➡)[ ]*(?=[\w(\"'\[$£€])"), " to "),
)
_MENU = re.compile(r"(?<=[a-z])[ ][>›][ ](?=[A-Z][a-z])")
"""Between the steps to an entry of a menu: `Settings > Privacy`."""
_COMPARED = (
    ("===", "equals"), ("!==", "is not equal to"), ("==", "equals"), ("!=", "is not equal to"),
    (":=", "is"), ("<=", "is less than or equal to"), (">=", "is greater than or equal to"),
    ("≠", "is not equal to"), ("≤", "is less than or equal to"),
    ("≥", "is greater than or equal to"), ("+=", "plus equals"), ("-=", "minus equals"),
    ("&&", "and"), ("||", "or"), ("<", "is less than"),
    (">", "is greater than"),
    ("≈", "is approximately equal to"), ("≅", "is approximately equal to"),
    ("≡", "is equivalent to"),
)  # fmt: skip
_NAMES = dict(_COMPARED)
_COMPARISON = re.compile(
    r"(?:(?<=[\w)%°\]!])[ ]?|)(?P<sign>"
    + "|".join(re.escape(sign) for sign, _ in sorted(_COMPARED, key=lambda one: -len(one[0])))
    + r")(?=(?P<right>[ ]?-?[\w.($£€\"'√∞]|))[ ]?"
)
_BINARY = re.compile(
    r"(?<=[\w)%°!\]])(?P<before>[ ]*)(?P<sign>[-+*×÷/·±∓=⋅])(?P<after>[ ]*)(?=[-+]?[\w.(√∞π$])"
)
_NEGATIVE = re.compile(
    r"(?<=[(=*/×÷±])[ ]?-(?=[A-Za-z](?:[ ]?[-+±∓×*/=)^²³,.;]|$| squared| cubed))"
)
_EQUATION = re.compile(r"[=≠≈<>≤≥]")
_SAID = {
    "-": "minus", "+": "plus", "*": "times", "×": "times", "x": "times", "÷": "divided by",
    "/": "divided by", "·": "times", "⋅": "times", "±": "plus or minus", "∓": "minus or plus",
    "=": "equals", "X": "times",
}  # fmt: skip
_ANY = re.compile(r"[-+*/×÷·⋅±∓=<>^√∛∜≠≤≥≈≅≡|&→➜➔⇒⟶⟹↦➡⇔↔⟷!]|\d[eE]")
_VARIABLES = frozenset("abcijkmnpqrtuvwxyz")
_ITEMS = frozenset("abc")
"""Letters that count figures and items, as in `Figure a-1`, before a hyphen without blanks."""
_ALWAYS = frozenset("×÷⋅±∓=")
_IDENTIFIER = re.compile(r"[A-Za-z]\w*")
_RATED = re.compile(r"(?:hotel|hostel|resort|review|rating|rated|food|service)s?")
"""What has stars, which are written with an asterisk as well."""
_PRODUCT = re.compile(r"[\w)][*×^+][\w(]|^(?:squared|cubed)-")
_LEFT, _RIGHT = re.compile(r"[\w.%°)!\]]+$"), re.compile(r"[-+]?[\w.(√∞π$]+")
_REACH, _NEAR = 12, 30
_COMPARES = re.compile(r"[=<>≠≤≥≈≅≡→➜➔⇒⟶⟹↦➡⇔⟺›&|]")
_ROOTS = {"√": "square root", "∛": "cube root", "∜": "fourth root"}
_POWERS = {"2": "squared", "3": "cubed"}
_OPERATION = re.compile(
    r"(?<![\w.,:/$€£-])(?<![-+*/×÷x] )(?P<a>\d+(?:\.\d+)?)(?P<blank>[ ]?)"
    r"(?P<sign>[-*×xX/])(?P=blank)"
    r"(?P<b>\d+(?:\.\d+)?)(?=[ ]?=)"
)


def mathematics(text: Traced) -> Traced:
    """Returns the text with its formulas in words; their numbers may be left to `numbers`."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_TEN, _ten).sub(_SCIENTIFIC, _scientific).sub(_FACTORIAL, _factorial)
    text = text.sub(_ROOT, _root).sub(_POWER, _power)
    text = text.sub(_POWER_OF, lambda found: f" to the power of {found['a'] or found['b']} ")
    return text.sub(_NEGATIVE, " minus ").sub(_BINARY, _binary)


def comparisons(text: Traced) -> Traced:
    """Returns the text with its arrows and comparisons in words, while figures stand beside them.

    So do the operators between two numbers whose result follows.
    """
    if not _COMPARES.search(text.text):
        return text
    text = text.sub(_OPERATION, _operation).sub(_MENU, ", ")
    for pattern, words in _ARROWS:
        text = text.sub(pattern, words)
    return text.sub(_COMPARISON, _comparison)


def _operation(found: re.Match[str]) -> str:
    return f"{number(found['a'])} {_SAID[found['sign']]} {number(found['b'])}"


def _factorial(found: re.Match[str]) -> str:
    return f"{found['n']} factorial"


def _exponent(sign: str | None, power: str) -> str:
    said = number(power) if power[0].isdigit() else power
    return f"minus {said}" if sign == "-" else said


def _ten(found: re.Match[str]) -> str:
    power = _exponent(found["sign"], found["power"])
    unit = found["unit"] or ""
    name = (unit_name(unit, is_one=False) or unit) if unit else ""
    return f"{number(found['a'])} times ten to the power of {power} {name}".rstrip()


def _scientific(found: re.Match[str]) -> str:
    minus = "minus " if found["minus"] else ""
    return minus + _ten(found)


def _power(found: re.Match[str]) -> str:
    following = found.string[found.end() : found.end() + 1]
    blank = " " if following.isalnum() or found[0].endswith(" ") else ""
    if found["power"] in _POWERS and not found["sign"]:
        return f" {_POWERS[found['power']]}{blank}"
    return f" to the power of {_exponent(found['sign'], found['power'])}{blank}"


def _root(found: re.Match[str]) -> str:
    of = found["of"]
    said = number(of) if of and of[0] in ".0123456789" else of
    return f"the {_ROOTS[found['root']]} of {said}"


def _comparison(found: re.Match[str]) -> str | None:
    if not found["right"]:
        return None
    sign = found["sign"]
    said = _NAMES[sign]
    if not _is_symbolic(found):
        said = "approximately" if sign in "≈≅" else said.removeprefix("is ")
    return f" {said} "


def _is_symbolic(found: re.Match[str]) -> bool:
    """Returns whether what is compared is a letter or number, so that a verb is wanted."""
    before = found.string[max(0, found.start() - 12) : found.start()].rstrip()
    return bool(re.search(r"(?:(?<![A-Za-z])[A-Za-z]|\d|[)%°\]!])$", before))


def _binary(found: re.Match[str]) -> str | None:
    sign, text = found["sign"], found.string
    if sign in _ALWAYS:
        return f" {_SAID[sign]} "
    left = _LEFT.search(text[max(0, found.start() - _REACH) : found.start()])
    right = _RIGHT.match(text[found.end() : found.end() + _REACH])
    if left is None or right is None:
        return None
    is_spaced = bool(found["before"]) and bool(found["after"])
    is_product = sign == "*" and _is_product(found, left[0], right[0])
    is_formula = is_product or (_is_term(left[0]) and _is_term(right[0].lstrip("-+$(")))
    if sign == "+":
        return " plus " if is_formula or is_spaced else None
    if not is_formula:
        return None
    near = text[max(0, found.start() - _NEAR) : found.end() + _NEAR]
    is_equation = bool(_EQUATION.search(near) or "equals" in near or _in_product(found))
    if sign == "-" and not is_equation:
        return _apart(left[0], right[0], is_spaced=is_spaced)
    return f" {_SAID[sign]} " if is_spaced or is_equation or sign == "*" else None


def _is_product(found: re.Match[str], left: str, right: str) -> bool:
    """Returns whether an asterisk multiplies by a name: `2*CPU`, not `f*ck`, `5 * hotel`."""
    names = [word for word in (left, right.strip("$.(")) if not _is_term(word)]
    is_note = right.rstrip(".,") == "1"  # nobody multiplies by it
    is_named = all(_IDENTIFIER.fullmatch(name) and not _RATED.fullmatch(name) for name in names)
    if not names or not is_named or is_note:
        return False
    if found["before"] or found["after"]:
        is_counted = left.isdecimal() or right.isdecimal()
        return is_counted and all(name.isupper() or "_" in name for name in names)
    return any(map(str.isdigit, _run(found)))


def _in_product(found: re.Match[str]) -> bool:
    """Returns whether a product, a power or a sum stands in the same run of characters."""
    return not found["before"] and _PRODUCT.search(_run(found)) is not None


def _run(found: re.Match[str]) -> str:
    """Returns the characters without a blank around an operator."""
    text = found.string
    before = text[max(0, found.start() - _NEAR) : found.start()].rpartition(" ")[2]
    after = text[found.end() : found.end() + _NEAR].partition(" ")[0]
    return f"{before}{found['sign']}{after}"


def _apart(left: str, right: str, *, is_spaced: bool) -> str | None:
    """Returns what a hyphen between two terms outside an equation means."""
    if left in _ITEMS and not is_spaced:
        return None
    has_variable = left in _VARIABLES and (right in _VARIABLES or right.rstrip(".").isdecimal())
    if has_variable and (is_spaced or right.rstrip(".").isdecimal()):
        return " minus "
    if not is_spaced:
        return None
    try:
        return " to " if float(left) < float(right.rstrip(".")) else " minus "
    except ValueError:
        return None


def _is_term(word: str) -> bool:
    """Returns whether a word may stand in a formula: a number, a letter, or a bracket."""
    return bool(
        re.fullmatch(r"(?:\d[\d.]*[A-Za-z]?|[A-Za-z]|squared|cubed|.*[)%°!\]]|[√∞π].*|)", word)
    )
