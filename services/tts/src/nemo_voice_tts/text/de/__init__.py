"""German: the steps from written forms to words, in their order."""

import re

from nemo_voice_tts.text.capitals import Spelling, capitals, named_letters
from nemo_voice_tts.text.de.abbreviations import abbreviations
from nemo_voice_tts.text.de.dates import dates, years
from nemo_voice_tts.text.de.figures import PLAIN, number
from nemo_voice_tts.text.de.initialisms import INITIALS, KNOWN, LETTERS, SMALL_WORDS, is_word
from nemo_voice_tts.text.de.measures import measures
from nemo_voice_tts.text.de.money import money
from nemo_voice_tts.text.de.numbers import codes, numbers
from nemo_voice_tts.text.de.ordinals import ordinals
from nemo_voice_tts.text.de.roman_numerals import roman_numerals
from nemo_voice_tts.text.de.say_as import FORMS, SIGNS
from nemo_voice_tts.text.de.symbols import symbols
from nemo_voice_tts.text.de.times import times
from nemo_voice_tts.text.language import Language, where
from nemo_voice_tts.text.numerals import joined_ranges, ungrouped_amounts, ungrouped_numbers
from nemo_voice_tts.text.phone_numbers import PhoneNumbers
from nemo_voice_tts.text.web_addresses import WebWords, web_addresses

_HOLDS_NUMBERS = re.compile(r"[^\sA-Za-zäöüßÄÖÜéèà.,;:!?'\"()-]|\b(?:Mo|Di|Mi|Do|Fr|Sa|So)\b")
"""A digit or sign, or a short form of a day: most sentences hold none."""
_TELEPHONES = (
    re.compile(
        r"(?<![\w.,/:-])(?<!\d )(?P<n>\(0\d{1,5}\)(?:[ /-]{0,3}\d{2,9}){1,5}|0\d{1,5}(?:"
        r"[ ]?/[ ]?|[ -])\d{2,9}(?:[ -]\d{2,8}){0,4}"
        r"|0\d{8,12})(?![\w%€]|[.,/:-]\d|[ ](?:Uhr|Euro))"
    ),
    re.compile(
        r"(?i:\b(?:tel(?:efon(?:nummer)?)?|fax|handy|mobil|ruf|anruf\w*|rufen?|wählen?|hotline|nummer)\b"
        r"[.:]?[ ](?:(?:sie|die|der|unter|lautet|ist|an)[ ]){0,3})(?P<n>\d{3}(?!\d|"
        r"[ ][A-ZÄÖÜ])|\d{2,6}"
        r"(?:[ /-]\d{2,8}){1,5}|\d{6,12})"
        r"(?![\w%€]|[.,/-]\d|[ ](?:Uhr|Euro))"
    ),
)
_WEB = WebWords(
    signs={**SIGNS, "-": "minus", "&": "und", "/": "Schrägstrich"},
    number=number,
    digits=PLAIN.digits,
    hashtag="Hashtag",
    whole=frozenset({"de", "at", "info"}),
)

GERMAN = Language(
    code="de",
    tag="de-DE",
    name="German",
    forms=FORMS,
    letters="ß",
    rises="plus",
    falls="minus",
    conjunctions="und|aber|oder|weil|dass|wenn|während|wo|der|die|das|ob|sodass|bevor|nachdem|bis|denn",
    spelled=named_letters(LETTERS),
    steps=(
        web_addresses(_WEB),
        abbreviations,
        roman_numerals,
        where(
            _HOLDS_NUMBERS,
            PhoneNumbers(_TELEPHONES, PLAIN.digits, "plus"),
            ungrouped_numbers,
            ungrouped_amounts,
            joined_ranges,
            codes,
            dates,
            times,
            money,
            ordinals,
            measures,
            years,
            numbers,
        ),
        capitals(Spelling(is_word, KNOWN, SMALL_WORDS, INITIALS)),
        symbols,
    ),
)
