"""Units of measurement: their short forms, and their names from Unicode's CLDR.

The steps of every language call it.
"""

import re
from functools import lru_cache

from babel.units import format_unit

SHORT_FORMS: dict[str, str] = {
    # length and area
    "km": "length-kilometer",
    "kms": "length-kilometer",
    "m": "length-meter",
    "dm": "length-decimeter",
    "cm": "length-centimeter",
    "mm": "length-millimeter",
    "µm": "length-micrometer",
    "nm": "length-nanometer",
    "pm": "length-picometer",
    "mi": "length-mile",
    "yd": "length-yard",
    "yds": "length-yard",
    "ft": "length-foot",
    "in": "length-inch",
    "nmi": "length-nautical-mile",
    "ly": "length-light-year",
    "ha": "area-hectare",
    "sq km": "area-square-kilometer",
    "sq m": "area-square-meter",
    "sq cm": "area-square-centimeter",
    "sq mi": "area-square-mile",
    "sq yd": "area-square-yard",
    "sq ft": "area-square-foot",
    "sqft": "area-square-foot",
    "sqm": "area-square-meter",
    "sq in": "area-square-inch",
    "cu ft": "volume-cubic-foot",
    "cu m": "volume-cubic-meter",
    "cu in": "volume-cubic-inch",
    "cu yd": "volume-cubic-yard",
    # mass and volume
    "t": "mass-tonne",
    "kg": "mass-kilogram",
    "kgs": "mass-kilogram",
    "g": "mass-gram",
    "mg": "mass-milligram",
    "µg": "mass-microgram",
    "mcg": "mass-microgram",
    "lb": "mass-pound",
    "lbs": "mass-pound",
    "oz": "mass-ounce",
    "ct": "mass-carat",
    "l": "volume-liter",
    "L": "volume-liter",
    "hl": "volume-hectoliter",
    "dl": "volume-deciliter",
    "dL": "volume-deciliter",
    "cl": "volume-centiliter",
    "cL": "volume-centiliter",
    "ml": "volume-milliliter",
    "mL": "volume-milliliter",
    "cc": "volume-cubic-centimeter",
    "gal": "volume-gallon",
    "qt": "volume-quart",
    "fl oz": "volume-fluid-ounce",
    "fl. oz": "volume-fluid-ounce",
    "tsp": "volume-teaspoon",
    "tbsp": "volume-tablespoon",
    "bbl": "volume-barrel",
    # time
    "h": "duration-hour",
    "hr": "duration-hour",
    "hrs": "duration-hour",
    "min": "duration-minute",
    "mins": "duration-minute",
    "s": "duration-second",
    "sec": "duration-second",
    "secs": "duration-second",
    "ms": "duration-millisecond",
    "msec": "duration-millisecond",
    "µs": "duration-microsecond",
    "ns": "duration-nanosecond",
    "yr": "duration-year",
    "yrs": "duration-year",
    "mo": "duration-month",
    "mos": "duration-month",
    "wk": "duration-week",
    "wks": "duration-week",
    # speed, temperature, angle
    "km/h": "speed-kilometer-per-hour",
    "kph": "speed-kilometer-per-hour",
    "kmh": "speed-kilometer-per-hour",
    "m/s": "speed-meter-per-second",
    "mph": "speed-mile-per-hour",
    "kn": "speed-knot",
    "kt": "speed-knot",
    "kts": "speed-knot",
    "°C": "temperature-celsius",
    "°F": "temperature-fahrenheit",
    "° C": "temperature-celsius",
    "° F": "temperature-fahrenheit",
    "K": "temperature-kelvin",
    "°": "angle-degree",
    "deg": "angle-degree",
    "mpg": "consumption-mile-per-gallon",
    "l/100km": "consumption-liter-per-100-kilometer",
    "L/100km": "consumption-liter-per-100-kilometer",
    "l/100 km": "consumption-liter-per-100-kilometer",
    "L/100 km": "consumption-liter-per-100-kilometer",
    # energy, power, electricity
    "cal": "energy-calorie",
    "kcal": "energy-kilocalorie",
    "J": "energy-joule",
    "kJ": "energy-kilojoule",
    "kWh": "energy-kilowatt-hour",
    "eV": "energy-electronvolt",
    "BTU": "energy-british-thermal-unit",
    "W": "power-watt",
    "mW": "power-milliwatt",
    "kW": "power-kilowatt",
    "KW": "power-kilowatt",
    "MW": "power-megawatt",
    "GW": "power-gigawatt",
    "hp": "power-horsepower",
    "V": "electric-volt",
    "A": "electric-ampere",
    "mA": "electric-milliampere",
    "Ω": "electric-ohm",
    "N": "force-newton",
    # frequency, pressure, light
    "Hz": "frequency-hertz",
    "kHz": "frequency-kilohertz",
    "KHz": "frequency-kilohertz",
    "MHz": "frequency-megahertz",
    "Mhz": "frequency-megahertz",
    "GHz": "frequency-gigahertz",
    "Ghz": "frequency-gigahertz",
    "Pa": "pressure-pascal",
    "hPa": "pressure-hectopascal",
    "kPa": "pressure-kilopascal",
    "MPa": "pressure-megapascal",
    "mbar": "pressure-millibar",
    "atm": "pressure-atmosphere",
    "mmHg": "pressure-millimeter-ofhg",
    "inHg": "pressure-inch-ofhg",
    "psi": "pressure-pound-force-per-square-inch",
    "lm": "light-lumen",
    "lx": "light-lux",
    "cd": "light-candela",
    # data and pictures
    "bit": "digital-bit",
    "bits": "digital-bit",
    "B": "digital-byte",
    "kB": "digital-kilobyte",
    "KB": "digital-kilobyte",
    "MB": "digital-megabyte",
    "GB": "digital-gigabyte",
    "TB": "digital-terabyte",
    "PB": "digital-petabyte",
    "kb": "digital-kilobit",
    "kbit": "digital-kilobit",
    "Kb": "digital-kilobit",
    "Mb": "digital-megabit",
    "Mbit": "digital-megabit",
    "Gb": "digital-gigabit",
    "Gbit": "digital-gigabit",
    "Tb": "digital-terabit",
    "Tbit": "digital-terabit",
    "px": "graphics-pixel",
    "MP": "graphics-megapixel",
    "dpi": "graphics-dot-per-inch",
    "ppi": "graphics-pixel-per-inch",
    # chemistry and medicine
    "mol": "concentr-mole",
    "mg/dL": "concentr-milligram-ofglucose-per-deciliter",
    "ppm": "concentr-part-per-1e6",
    "ppb": "concentr-part-per-1e9",
}
"""Written forms and the unit's identifier in CLDR."""

COMPOUND: dict[str, str] = {
    **{f"{short}ps": f"{short}it/s" for short in ("kb", "Kb", "Mb", "Gb", "Tb")},
    **{f"{short}Bps": f"{short}B/s" for short in ("k", "K", "M", "G", "T")},
    "mg/dl": "mg/dL",
    "kmph": "km/h",
    "km/hr": "km/h",
    "m/sec": "m/s",
    "mm Hg": "mmHg",
}
"""Written forms that stand for another one, `/` between a unit and what it is measured by."""

_VARIANTS = str.maketrans({"μ": "µ", "Ω": "Ω"})
_POWER = re.compile(r"(?<=[a-z])(?:\^?([23])|([²³]))$")
_POWERS = {"2": "square", "3": "cubic", "²": "square", "³": "cubic"}


@lru_cache(maxsize=1024)
def cldr_unit(short: str) -> str | None:
    """Returns the identifier of a unit in CLDR, or None where it has none.

    Args:
        short: The short form, such as `km`, `m^2` or `cm³`.
    """
    short = short.translate(_VARIANTS)
    if short in SHORT_FORMS:
        return SHORT_FORMS[short]
    power = _POWER.search(short)
    length = SHORT_FORMS.get(short[: power.start()], "") if power else ""
    if power is None or not length.startswith("length-"):
        return None
    name = _POWERS[power[1] or power[2]]
    quantity = "area" if name == "square" else "volume"
    return length.replace("length-", f"{quantity}-{name}-")


@lru_cache(maxsize=1024)
def cldr_name(unit: str, locale: str, *, is_one: bool) -> str | None:
    """Returns CLDR's name of a unit, singular or plural; None where the locale has none."""
    try:
        said = format_unit(1 if is_one else 2, unit, "long", locale=locale)
    except ValueError:
        return None
    return re.sub(r"\s*\d[\d\s]*\s*", " ", said, count=1).strip().replace("-", " ") or None
