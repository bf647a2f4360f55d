"""English: the steps from written forms to words, in their order."""

from nemo_voice_tts.text.en.abbreviations import abbreviations
from nemo_voice_tts.text.en.addresses import addresses
from nemo_voice_tts.text.en.codes import codes
from nemo_voice_tts.text.en.initialisms import initialisms
from nemo_voice_tts.text.en.paths import paths
from nemo_voice_tts.text.en.roman_numerals import roman_numerals
from nemo_voice_tts.text.en.telephones import telephones
from nemo_voice_tts.text.en.titles import titles
from nemo_voice_tts.text.en.versions import versions
from nemo_voice_tts.text.language import Language

ENGLISH = Language(
    "en",
    "English",
    steps=(
        # Names whose signs and numbers another step would take for its own.
        addresses,
        paths,
        telephones,
        versions,
        titles,
        abbreviations,
        roman_numerals,
        # What is left in capitals, once every step that knows units and dates has had its turn.
        codes,
        initialisms,
    ),
)
