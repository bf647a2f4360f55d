"""English: the steps from written forms to words, in their order."""

from nemo_voice_tts.text.language import Language

ENGLISH = Language("en", "English", steps=())
