"""Times of day in German words: `14:30 Uhr`, `8.05 Uhr`, `9-17 Uhr`, `14:30`."""

import re

from nemo_voice_tts.text.de.figures import PLAIN
from nemo_voice_tts.text.traced import Traced

_HOUR = r"(?:[01]?\d|2[0-4])"
_CLOCK = re.compile(
    rf"(?<![\w.,:/-])(?P<h>{_HOUR})(?::|\.(?=[0-5]\d[ ]?(?:-[ ]?{_HOUR}\.[0-5]\d[ ]?)?Uhr))"
    rf"(?P<m>[0-5]\d)"
    r"(?::(?P<s>[0-5]\d))?(?P<uhr>[ ]?(?:Uhr|h)\b)?(?![\w:]|[.,]\d)"
)
_BARE = re.compile(
    rf"(?<![\w.,:/-])(?P<h>{_HOUR})[ ]?Uhr\b(?:[ ](?P<m>[0-5]?\d)(?![\w.,:/]|[ ]Uhr))?"
)
_RANGE = re.compile(
    rf"(?<![\w.,:/-])(?P<a>{_HOUR}(?:[:.][0-5]\d)?)(?:[ ]Uhr)?[ ]?-[ ]?(?P<b>{_HOUR}"
    rf"(?:[:.][0-5]\d)?)"
    r"(?P<uhr>[ ]?Uhr\b)?(?![\w:-]|[.,]\d)"
)
_LASTED = re.compile(
    r"(?P<before>\b(?:in|[Zz]eit|[Dd]auer|von|nach|brauchte|benötigte):?[ ])"
    r"(?P<h>\d{1,2}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?:[ ]?(?:h|Std\.?)(?!\w))?(?![\w:]|[.,]\d)"
)
"""A time that something took."""
_SCORED = re.compile(
    r"\b(?:endete|gewann\w*|gewonnen|verlor\w*|siegte\w*"
    r"|unterlag\w*|Ergebnis|Endstand|Stand|steht es):?[ ]$"
)
_ANY = re.compile(r"\d[:.]\d\d|Uhr")
_MIDNIGHT = 24


def times(text: Traced) -> Traced:
    """Returns the text with its times of day in words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_LASTED, _lasted)
    return text.sub(_RANGE, _range).sub(_CLOCK, _clock).sub(_BARE, _bare)


def _lasted(found: re.Match[str]) -> str:
    names = (("h", "Stunde"), ("m", "Minute"), ("s", "Sekunde"))
    parts = [
        f"{'eine' if int(found[part]) == 1 else PLAIN.cardinal(int(found[part]))} {name}"
        f"{'' if int(found[part]) == 1 else 'n'}"
        for part, name in names
        if int(found[part])
    ]
    return found["before"] + " und ".join(filter(None, (" ".join(parts[:-1]), *parts[-1:])))


def _time(hour: str, minute: str, second: str = "") -> str | None:
    if int(hour) == _MIDNIGHT and int(minute):
        return None
    said = f"{_hour(hour)} Uhr"
    if int(minute):
        said += f" {PLAIN.cardinal(int(minute))}"
    if second and int(second):
        name = "Sekunde" if int(second) == 1 else "Sekunden"
        count = "eine" if int(second) == 1 else PLAIN.cardinal(int(second))
        said += f" und {count} {name}"
    return said


def _hour(hour: str) -> str:
    return "ein" if int(hour) == 1 else PLAIN.cardinal(int(hour))


def _range(found: re.Match[str]) -> str | None:
    first, last = re.split("[:.]", found["a"]), re.split("[:.]", found["b"])
    is_clock = ":" in found["a"] and ":" in found["b"]
    if not (found["uhr"] or is_clock):
        return None
    if len(last) == 1 and len(first) == 1:
        return f"{_hour(first[0])} bis {_hour(last[0])} Uhr"
    ends = (_time(end[0], end[1] if len(end) > 1 else "0") for end in (first, last))
    return " bis ".join(filter(None, ends))


def _clock(found: re.Match[str]) -> str | None:
    if not found["uhr"] and _SCORED.search(
        found.string[max(0, found.start() - 30) : found.start()]
    ):
        return None
    return _time(found["h"], found["m"], found["s"] or "")


def _bare(found: re.Match[str]) -> str | None:
    return _time(found["h"], found["m"] or "0")
