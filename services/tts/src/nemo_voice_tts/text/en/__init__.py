"""English: the steps from written forms to words, in their order."""

import re

from nemo_voice_tts.text.en.dates import dates
from nemo_voice_tts.text.en.hearts import hearts
from nemo_voice_tts.text.en.mathematics import comparisons, mathematics
from nemo_voice_tts.text.en.measures import measures
from nemo_voice_tts.text.en.money import money
from nemo_voice_tts.text.en.names import initials, names
from nemo_voice_tts.text.en.numbers import numbers
from nemo_voice_tts.text.en.ratios import ratios, sizes
from nemo_voice_tts.text.en.say_as import FORMS
from nemo_voice_tts.text.en.symbols import number_signs, short_forms, symbols
from nemo_voice_tts.text.en.times import times
from nemo_voice_tts.text.language import Language, where
from nemo_voice_tts.text.numerals import undivided_numbers

_HOLDS_NUMBERS = re.compile(r"[^\sA-Za-z.,;:!?'\"()-]|[a-z]\.? ?-[A-Z]|\b[a-z] - [a-z]\b")
"""A digit or sign, or the hyphen of `Mon-Fri` or `x - y`: most sentences hold none of them."""

ENGLISH = Language(
    code="en",
    tag="en-US",
    name="English",
    forms=FORMS,
    has_grammars=True,
    steps=(
        # Names whose signs and numbers another step would take for its own.
        names,
        # Numbers, from the forms that hold most signs to the bare digits.
        where(
            _HOLDS_NUMBERS,
            undivided_numbers,
            number_signs,
            hearts,
            comparisons,
            dates,
            times,
            money,
            sizes,
            measures,
            ratios,
            mathematics,
            short_forms,
            numbers,
        ),
        # What is left in capitals, once every step that knows units and dates has had its turn.
        initials,
        # Last: no sign that a voice would drop in silence is left.
        symbols,
    ),
)
