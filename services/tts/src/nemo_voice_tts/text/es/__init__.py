"""Spanish: the steps from written forms to words, in their order."""

from nemo_voice_tts.text.language import Language

SPANISH = Language("es", "Spanish", steps=())
