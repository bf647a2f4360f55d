"""Spanish: the steps from written forms to words, in their order."""

import re

from nemo_voice_tts.text.es.dates import dates
from nemo_voice_tts.text.es.measures import measures
from nemo_voice_tts.text.es.money import money
from nemo_voice_tts.text.es.numbers import numbers, symbols
from nemo_voice_tts.text.es.say_as import FORMS
from nemo_voice_tts.text.language import Language, where
from nemo_voice_tts.text.numerals import undivided_numbers

_HOLDS_NUMBERS = re.compile(r"[^\sA-Za-záéíóúüñÁÉÍÓÚÜÑ.,;:!?¡¿'\"()-]")
"""A digit or sign: nothing else is looked for in most sentences."""

SPANISH = Language(
    code="es",
    tag="es-US",
    name="Spanish",
    forms=FORMS,
    steps=(where(_HOLDS_NUMBERS, undivided_numbers, dates, money, measures, numbers, symbols),),
)
