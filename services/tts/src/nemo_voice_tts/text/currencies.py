"""Currencies: what marks them in a text, and their names from Unicode's CLDR."""

from functools import cache

from babel.numbers import get_currency_name, list_currencies

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

_CRYPTOCURRENCIES = {"BTC": "bitcoin", "ETH": "ether"}

WORDS = frozenset(
    {
        "ALL", "AMD", "BAM", "BOB", "COP", "CUP", "ERN", "GEL", "LAK", "MAD",
        "MOP", "NAD", "PEN", "RON", "SAR", "SOS", "TOP", "TRY", "XPD", "XPT",
    }
)  # fmt: skip
"""Codes that are words or names as well, so that a text in capitals holds them by chance."""


@cache
def codes() -> frozenset[str]:
    """Returns the codes of ISO 4217 that CLDR knows."""
    return (frozenset(list_currencies()) - {"XXX", "XTS"}) | frozenset(_CRYPTOCURRENCIES)


@cache
def currency_name(code: str, locale: str, *, is_one: bool) -> str:
    """Returns CLDR's name of a currency, singular or plural."""
    if code in _CRYPTOCURRENCIES:
        return _CRYPTOCURRENCIES[code] + ("" if is_one else "s")
    name: str = get_currency_name(code, count=1 if is_one else 2, locale=locale)
    return name.replace("-", " ")
