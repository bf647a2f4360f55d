"""Currencies: what marks them in a text, and their names from Unicode's CLDR."""

from datetime import date
from functools import cache

from babel import Locale
from babel.numbers import get_currency_name, get_territory_currencies

DOLLARS = {
    "US": "USD",
    "U.S.": "USD",
    "A": "AUD",
    "AU": "AUD",
    "C": "CAD",
    "CA": "CAD",
    "CAD": "CAD",
    "NZ": "NZD",
    "HK": "HKD",
    "S": "SGD",
    "SG": "SGD",
    "R": "BRL",
    "NT": "TWD",
    "MX": "MXN",
    "Mex": "MXN",
    "J": "JMD",
    "TT": "TTD",
    "Bds": "BBD",
    "EC": "XCD",
    "Z": "ZWL",
    "N": "NAD",
    "CL": "CLP",
    "AR": "ARS",
    "COL": "COP",
}
"""What stands before a dollar sign, and whose dollar or peso it is."""

SYMBOLS = {
    "$": "USD",
    "£": "GBP",
    "€": "EUR",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₪": "ILS",
    "฿": "THB",
    "₫": "VND",
    "₴": "UAH",
    "₦": "NGN",
    "₱": "PHP",
    "₡": "CRC",
    "₲": "PYG",
    "₵": "GHS",
    "₸": "KZT",
    "₾": "GEL",
    "₭": "LAK",
    "₮": "MNT",
    "₼": "AZN",
    "֏": "AMD",
    "៛": "KHR",
    "৳": "BDT",
    "¢": "USD",
    "₿": "BTC",
}
"""Signs and the currency that each stands for where no country is named."""

AFTER = {
    "zl": "PLN",
    "zł": "PLN",
    "kr": "SEK",
    "Kč": "CZK",
    "Rs": "INR",
    "Rs.": "INR",
    "lei": "RON",
}
"""Short forms of letters."""

_IN_USE = (date(2020, 1, 1), date(2026, 1, 1))
_COUNTRY_LETTERS = 2
_CRYPTOCURRENCIES = {"BTC": "bitcoin", "ETH": "ether"}

WORDS = frozenset(
    {
        "ALL", "AMD", "AWG", "BAM", "BMD", "BOB", "BSD", "BTN", "CDF", "COP", "CUP", "CVE", "DOP",
        "IRR", "LSL", "SHP", "SRD", "SSP", "ERN", "GEL", "LAK", "MAD", "MDL", "MOP",
        "NAD", "NPR", "PEN", "PHP", "RON", "SAR", "SCR", "SDG", "SLE", "SOS", "TOP", "TRY",
    }
)  # fmt: skip
"""Codes that are words or names as well, so that a text in capitals holds them by chance."""


@cache
def codes() -> frozenset[str]:
    """Returns the codes of ISO 4217 for what is money in a country, or was a few years ago.

    Older ones and those of funds stand in no text, while their letters do: `ARM64`, `MVP 2`.
    """
    used = {
        code
        for territory in map(str, Locale("en").territories)
        if len(territory) == _COUNTRY_LETTERS
        for code in get_territory_currencies(territory, *_IN_USE)
    }
    return frozenset(used) | frozenset(_CRYPTOCURRENCIES)


@cache
def currency_name(code: str, locale: str, *, is_one: bool) -> str:
    """Returns CLDR's name of a currency, singular or plural, without the years of its use."""
    if code in _CRYPTOCURRENCIES:
        return _CRYPTOCURRENCIES[code] + ("" if is_one else "s")
    name: str = get_currency_name(code, count=1 if is_one else 2, locale=locale)
    return name.partition(" (")[0].replace("-", " ")
