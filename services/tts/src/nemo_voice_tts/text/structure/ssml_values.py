"""Values of SSML's attributes: pauses and speaking rates."""

import re

LONGEST_BREAK_S = 10.0
MOST_SILENCE_S = 300.0
"""Of all breaks of one text together."""

_TIME = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)\s*(s|ms)", re.IGNORECASE)
_STRENGTHS = {
    "none": 0.0,
    "x-weak": 0.1,
    "weak": 0.2,
    "medium": 0.4,
    "strong": 0.7,
    "x-strong": 1.0,
}
_RATES = {
    "x-slow": 0.5,
    "slow": 0.75,
    "medium": 1.0,
    "default": 1.0,
    "fast": 1.25,
    "x-fast": 1.5,
}
_MOST_FACTOR = 4.0
_FACTOR = re.compile(r"([-+]?)(\d+(?:\.\d*)?|\.\d+)(%?)")


def break_s(time: str | None, strength: str | None) -> float:
    """Returns the seconds of a `<break>`; 0 for one that asks for none.

    Raises:
        ValueError: A value is none of SSML's, or too long; the message says what is.
    """
    if time is not None:
        found = _TIME.fullmatch(time.strip())
        if found is None:
            raise ValueError(f"the time of a break is written as 500ms or 1.5s, not {time!r}")
        seconds = float(found[1]) / (1000 if found[2].lower() == "ms" else 1)
        if seconds > LONGEST_BREAK_S:
            raise ValueError(f"a break lasts at most {LONGEST_BREAK_S:.0f}s, not {time}")
        return seconds
    known = _STRENGTHS.get("medium" if strength is None else strength.strip().lower())
    if known is None:
        names = ", ".join(_STRENGTHS)
        raise ValueError(f"the strength of a break is one of {names}, not {strength!r}")
    return known


def pace_of(rate: str, outer: float) -> float:
    """Returns the speaking rate inside a `<prosody>`, 1.0 being the request's.

    Args:
        rate: Its attribute: a name, a percentage, a change such as `+20%`, or a factor.
        outer: The rate around it.

    Raises:
        ValueError: The rate is none of SSML's; the message says what is.
    """
    written = rate.strip().lower()
    if written in _RATES:
        return _RATES[written]
    found = _FACTOR.fullmatch(written)
    factor = 0.0
    if found is not None:
        sign, number, unit = found.groups()
        factor = float(number) / (100 if unit else 1)
        if not unit and factor > _MOST_FACTOR:
            factor = 0.0  # 120, where 120% is meant
        if sign:
            factor = 1 + (factor if sign == "+" else -factor)
    if factor <= 0:
        names = ", ".join(_RATES)
        raise ValueError(f"a rate is one of {names}, or above 0% as in 80%, not {rate!r}")
    return outer * factor
