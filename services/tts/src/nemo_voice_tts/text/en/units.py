"""The English names of units."""

from functools import lru_cache

from nemo_voice_tts.text.units import COMPOUND, cldr_name, cldr_unit

_NAMES = {
    "mAh": "milliamp hour",
    "Ah": "amp hour",
    "Wh": "watt hour",
    "MWh": "megawatt hour",
    "GWh": "gigawatt hour",
    "TWh": "terawatt hour",
    "TW": "terawatt",
    "kV": "kilovolt",
    "mV": "millivolt",
    "kN": "kilonewton",
    "Nm": "newton meter",
    "N·m": "newton meter",
    "kΩ": "kilohm",
    "MΩ": "megohm",
    "µF": "microfarad",
    "nF": "nanofarad",
    "pF": "picofarad",
    "THz": "terahertz",
    "MJ": "megajoule",
    "GJ": "gigajoule",
    "KiB": "kibibyte",
    "MiB": "mebibyte",
    "GiB": "gibibyte",
    "TiB": "tebibyte",
    "EB": "exabyte",
    "Mio": "mebibyte",
    "dB": "decibel",
    "dBA": "decibel A",
    "mmol": "millimole",
    "kVA": "kilovolt ampere",
    "ft-lb": "foot pound",
    "ft-lbs": "foot pound",
    "keV": "kilo electronvolt",
    "MeV": "mega electronvolt",
    "GeV": "giga electronvolt",
    "µA": "microampere",
    "µV": "microvolt",
    "µl": "microliter",
    "µL": "microliter",
    "kpc": "kiloparsec",
    "sq. ft": "square foot",
    "sq. m": "square meter",
    "sq. ft.": "square foot",
    "mm2": "square millimeter",
    "mm²": "square millimeter",
    "mm^2": "square millimeter",
    "mm3": "cubic millimeter",
    "mm^3": "cubic millimeter",
    "mm³": "cubic millimeter",
    "m/s^2": "meter per second squared",
    "kcals": "kilocalorie",
    "tok": "token",
    "req": "request",
    "doz": "dozen",
    "MT": "metric ton",
    "mT": "millitesla",
    "vol": "volume",
    "mSv": "millisievert",
    "µSv": "microsievert",
    "nM": "nanomolar",
    "kHz": "kilohertz",
}
"""Units without a name in CLDR, in the singular."""
_WHOLE = {
    "psi": "pound per square inch",
    "rpm": "revolution per minute",
    "RPM": "revolution per minute",
    "fps": "frame per second",
    "FPS": "frame per second",
    "bpm": "beat per minute",
    "BPM": "beat per minute",
    "rps": "request per second",
    "qps": "query per second",
    "bpd": "barrel per day",
    "cfm": "cubic foot per minute",
    "l/100km": "liter per hundred kilometers",
    "wpm": "word per minute",
    "gpm": "gallon per minute",
    "bps": "basis point",
    "bp": "basis point",
    "pp": "percentage point",
    "pps": "percentage point",
    "IU": "international unit",
    "pt": "pint",
    "pts": "point",
    "tok/s": "token per second",
    "Å": "angstrom",
}
"""Units of several words, or read otherwise than CLDR names them."""
_IRREGULAR = {
    "square foot": "square feet",
    "cubic foot": "cubic feet",
    "hertz": "hertz",
    "inch": "inches",
    "foot": "feet",
    "query": "queries",
    "dozen": "dozen",
    "kilohertz": "kilohertz",
    "terahertz": "terahertz",
    "megohm": "megohms",
    "nanomolar": "nanomolar",
    "decibel A": "decibels A",
}
_PERIODS = {
    "mo": "month",
    "mon": "month",
    "mth": "month",
    "yr": "year",
    "y": "year",
    "hr": "hour",
    "hrs": "hour",
    "h": "hour",
    "wk": "week",
    "w": "week",
    "d": "day",
    "min": "minute",
    "s": "second",
    "sec": "second",
    "pp": "person",
    "pax": "person",
    "ea": "each",
    "doz": "dozen",
    "qtr": "quarter",
    "lb": "pound",
    "oz": "ounce",
    "pc": "piece",
    "pcs": "piece",
    "sqft": "square foot",
    "m": "meter",
    "a": "year",
    "gal": "gallon",
    "M": "million",
    "K": "thousand",
    "k": "thousand",
    "bbl": "barrel",
    "mi": "mile",
    "l": "liter",
}
"""What stands after `per`."""


@lru_cache(maxsize=2048)
def unit_name(short: str, *, is_one: bool) -> str | None:
    """Returns the name of a unit, singular or plural; None for an unknown one.

    Args:
        short: The short form, such as `km`, `mg/dL` or `kg/m^3`.
        is_one: Whether it is counted in the singular.
    """
    short = COMPOUND.get(short, short)
    if short in _WHOLE:
        return _plural(_WHOLE[short], is_one=is_one)
    if short in _NAMES:
        return _plural(_NAMES[short], is_one=is_one)
    unit = cldr_unit(short)
    if unit is not None:
        name = cldr_name(unit, "en", is_one=is_one)
        return name.replace(" 100 ", " hundred ") if name else None
    counted, slash, per = short.partition("/")
    counted_name = unit_name(counted, is_one=is_one) if slash else None
    measure = per_unit(per) if counted_name else None
    return f"{counted_name} per {measure}" if measure else None


def per_unit(short: str) -> str:
    """Returns what is counted by: `kg` in `$2/kg` is "kilogram", `month` itself."""
    return _PERIODS.get(short) or unit_name(short, is_one=True) or short


def _plural(name: str, *, is_one: bool) -> str:
    if is_one:
        return name
    head, per, rest = name.partition(" per ")
    plural = _IRREGULAR.get(head) or (head if head.endswith(("hertz", "s")) else f"{head}s")
    return f"{plural}{per}{rest}"
