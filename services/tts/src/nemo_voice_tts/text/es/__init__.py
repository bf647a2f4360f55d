"""Spanish: the steps from written forms to words, in their order."""

import re

from nemo_voice_tts.text.capitals import Spelling, capitals, named_letters
from nemo_voice_tts.text.es.abbreviations import abbreviations
from nemo_voice_tts.text.es.dates import dates
from nemo_voice_tts.text.es.figures import FUNCTION_WORDS, PLAIN, number
from nemo_voice_tts.text.es.initialisms import CONJUNCTION, INITIALS, KNOWN, LETTERS, is_word
from nemo_voice_tts.text.es.measures import measures
from nemo_voice_tts.text.es.money import money
from nemo_voice_tts.text.es.numbers import numbers
from nemo_voice_tts.text.es.roman_numerals import roman_numerals
from nemo_voice_tts.text.es.say_as import FORMS, SIGNS
from nemo_voice_tts.text.es.symbols import symbols
from nemo_voice_tts.text.language import Language, where
from nemo_voice_tts.text.numerals import joined_ranges, ungrouped_amounts, ungrouped_numbers
from nemo_voice_tts.text.phone_numbers import PhoneNumbers
from nemo_voice_tts.text.web_addresses import WebWords, web_addresses

_HOLDS_NUMBERS = re.compile(
    r"[^\sA-Za-záéíóúüñÁÉÍÓÚÜÑ.,;:!?¡¿'\"()-]|\bL ?(?:-|a) ?[VSD]\b"
    r"|\b(?i:lun|mar|mi[eé]|jue|vie|s[aá]b|dom)(?:\.|-)"
)
"""A digit or sign, or a short form of a day: most sentences hold none."""
_TELEPHONES = (
    re.compile(
        r"(?<![\w.,/-])(?P<n>[6789]\d{2}(?:[ -]\d{3}[ -]\d{3}|[ -]\d{2}[ -]\d{2}[ -]\d{2}"
        r"|\d{6})|9[1-8][ ]\d{3}[ ]\d{2}[ ]\d{2})"
        r"(?![\w%€$]|[.,/-]\d|[ ](?:euros|habitantes|personas|pesos|dólares))"
    ),
    re.compile(
        r"(?<![\w.,/-])(?P<n>\(\d{2,4}\)[ ]?\d{3,4}[ -]?\d{4}|\d{2}[ ]\d{4}[ -]\d{4})(?!\w"
        r"|[.,/-]\d)"
    ),
    re.compile(
        r"(?i:\b(?:tel(?:éfono)?s?|tfno|fax|móvil|celular|whatsapp|ll[aá]m\w+|marc[aáoe]\w*|marqu\w+|contacto"
        r"|número(?=[ ](?:es|de[ ](?:tel|cel|m[oó]vil|contacto|emergencias|whatsapp))))\b"
        r"[.:]?[ ](?:(?:al|a|el|es|en|de|número|teléfono|nos|me|emergencias|móvil)[ ]){0,3})"
        r"(?P<n>\d{3,5}(?![\d ])|\d{3}(?=[ ][^\d])(?![ ][a-záéíóúñ]*s\b)|\d{2,4}"
        r"(?:[ -]\d{2,4}){1,5}|\d{6,12})"
        r"(?![\w%€$]|[.,/-]\d|[ ](?:euros|pesos|dólares|veces|personas|horas|de|millones|mil))"
    ),
)
_WEB = WebWords(
    signs={**SIGNS, "?": "interrogación", "!": "exclamación"},
    number=number,
    digits=PLAIN.digits,
    hashtag="hashtag",
    whole=frozenset({"es", "info"}),
)

SPANISH = Language(
    code="es",
    tag="es-US",
    name="Spanish",
    forms=FORMS,
    letters="ªº",
    rises="sube",
    falls="baja",
    conjunctions="y|e|o|u|pero|porque|que|cuando|mientras|donde|quien|si|aunque|como|antes|después|ni|sino",
    spelled=named_letters(LETTERS, CONJUNCTION),
    steps=(
        web_addresses(_WEB),
        abbreviations,
        roman_numerals,
        where(
            _HOLDS_NUMBERS,
            PhoneNumbers(_TELEPHONES, PLAIN.digits, "más"),
            ungrouped_numbers,
            ungrouped_amounts,
            joined_ranges,
            dates,
            money,
            measures,
            numbers,
        ),
        capitals(Spelling(is_word, KNOWN, FUNCTION_WORDS, INITIALS)),
        symbols,
    ),
)
