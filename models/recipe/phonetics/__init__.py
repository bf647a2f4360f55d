"""Phonemes, letters, the lexicon, and espeak-ng as the teacher."""
