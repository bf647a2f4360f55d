"""Numbers, money, dates and times in the words a text normaliser speaks them with.

Called by `text.py` to fill the slots of training sentences; knows nothing of the rest of a
sentence.
"""

import random

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"))


def cardinal(number: int, *, joiner: str = "") -> str:
    """Returns the words for a number; `joiner` is what follows "hundred": nothing, or "and"."""
    for scale, name in _SCALES:
        if number >= scale:
            rest = number % scale
            head = f"{cardinal(number // scale, joiner=joiner)} {name}"
            return f"{head} {cardinal(rest, joiner=joiner)}" if rest else head
    if number >= 100:
        words = [ONES[number // 100], "hundred"]
        if number % 100:
            words += [joiner, cardinal(number % 100)]
        return " ".join(word for word in words if word)
    if number >= 20:
        return f"{TENS[number // 10]} {ONES[number % 10]}" if number % 10 else TENS[number // 10]
    return ONES[number]


def ordinal(number: int) -> str:
    """Returns the words for a rank from 1 to 31."""
    if number <= 20:
        return ORDINALS[number - 1]
    if number == 30:
        return "thirtieth"
    return f"{TENS[number // 10]} {ORDINALS[number % 10 - 1]}"


def year(number: int) -> str:
    """Returns the words for a year from 1100 to 2099."""
    century, rest = divmod(number, 100)
    if number // 10 == 200:
        return f"two thousand {ONES[rest]}" if rest else "two thousand"
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def any_cardinal(rng: random.Random) -> str:
    """Returns a number of one to seven digits, in words: short ones are the most frequent."""
    digits = rng.choices((1, 2, 3, 4, 5, 6, 7), weights=(24, 34, 20, 12, 4, 4, 2))[0]
    number = rng.randrange(10 ** (digits - 1), 10**digits)
    return cardinal(number, joiner=rng.choice(("", "and")))


def any_year(rng: random.Random) -> str:
    """Returns a year in words, mostly a recent one."""
    low, high = rng.choice(((1100, 1899), (1900, 1999), (1900, 1999), (2000, 2099)))
    return year(rng.randint(low, high))


def any_digits(rng: random.Random) -> str:
    """Returns three to seven digits read one by one."""
    return " ".join(rng.choice([*ONES[:10], *ONES[:10], "oh"]) for _ in range(rng.randint(3, 7)))


def any_decimal(rng: random.Random) -> str:
    """Returns a number with one or two digits behind the point."""
    digits = " ".join(rng.choice(ONES[:10]) for _ in range(rng.randint(1, 2)))
    return f"{cardinal(rng.randrange(100))} point {digits}"


def any_money(rng: random.Random) -> str:
    """Returns an amount of money in words."""
    whole, part = rng.choice(
        (("dollars", "cents"), ("dollars", "cents"), ("pounds", "pence"), ("euros", "cents"))
    )
    amount = f"{any_cardinal(rng)} {whole}"
    cents = f"{cardinal(rng.randrange(1, 100))} {part}"
    shape = rng.random()
    if shape < 0.5:
        return amount
    if shape < 0.9:
        return f"{amount} {rng.choice(('and ', ''))}{cents}"
    return cents


def any_clock(rng: random.Random) -> str:
    """Returns a time of day in words."""
    hour = ONES[rng.randint(1, 12)]
    minute = rng.randrange(1, 60)
    shape = rng.random()
    if shape < 0.2:
        return f"{hour} o'clock"
    if shape < 0.35:
        return f"{rng.choice(('half past', 'quarter past', 'quarter to', 'ten to'))} {hour}"
    words = f"{hour} {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    if shape < 0.5:
        return f"{rng.choice((words, hour))} {rng.choice(('a m', 'p m'))}"
    if shape < 0.65:
        return f"{words} in the {rng.choice(('morning', 'afternoon', 'evening'))}"
    return words


def any_date(rng: random.Random) -> str:
    """Returns a day of a month, at times with its year, in words."""
    month, day = rng.choice(MONTHS), ordinal(rng.randint(1, 31))
    date = rng.choice((f"{month} {day}", f"{month} {day}", f"the {day} of {month}"))
    return f"{date} {any_year(rng)}" if rng.random() < 0.35 else date
