"""The self-test of text to speech: a sentence is spoken, and its sound measured."""

from collections.abc import Sequence

import numpy as np

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_tts.synthesis.synthesis import Synthesis

SENTENCE = "The robin sings at seven in the morning."
"""What an English voice says."""
SENTENCES = {
    "en": SENTENCE,
    "es": "El petirrojo canta a las siete de la mañana.",
    "de": "Das Rotkehlchen singt um sieben Uhr am Morgen.",
}
"""What voices say, by the code of their language: words alone, which need no normalising."""
OTHER_SENTENCE = "Banana, panorama, melodia, sonata, fantasia."
"""What a voice of any other language says: letters and sounds that most have."""
SHORTEST_S, LONGEST_S, LEAST_S = 0.025, 0.15, 2.0
"""Believable seconds for each character of a text, and on top of the longest ones."""
_SPELLED = 10
"""A digit or symbol may be read as a word: it takes as long as so many characters."""
LEVEL = (0.005, 0.5)
"""Lowest and highest believable root-mean-square level of speech."""


def sentence_for(languages: Sequence[str]) -> str:
    """Returns the words that a voice of these languages can say; of no known one, English."""
    codes = [language.lower().replace("_", "-").partition("-")[0] for language in languages]
    known = (SENTENCES[code] for code in codes or ["en"] if code in SENTENCES)
    return next(known, OTHER_SENTENCE)


async def spoken(synthesis: Synthesis, text: str) -> Samples:
    """Returns the whole speech of a text, by the default voice or else the first one."""
    speech = synthesis.speak(text, speaker=synthesis.voices.test_speaker)
    return np.concatenate([piece async for piece in speech])


async def self_test(synthesis: Synthesis, text: str) -> Facts:
    """Speaks the text and returns the measures of its sound; raises as `check_sentence`."""
    return check_sentence(await spoken(synthesis, text), synthesis.sample_rate_hz, text)


def check_sentence(sound: Samples, rate_hz: int, text: str = SENTENCE) -> Facts:
    """Returns the measures of the sound of a text.

    Raises:
        SelfTestFailed: When it is not finite, or its length or level is not that of speech.
    """
    level = check_speech(sound)
    duration_s = len(sound) / rate_hz
    shortest_s, longest_s = duration_of(text)
    if not shortest_s <= duration_s <= longest_s:
        raise SelfTestFailed(
            f"the sentence took {duration_s:.2f} s, not {shortest_s:g}-{longest_s:g} s"
        )
    return {"duration_s": round(duration_s, 3), "rms": round(level, 4)}


def duration_of(text: str) -> tuple[float, float]:
    """Returns the shortest and longest believable duration of a text in seconds."""
    spelled = sum(not character.isalpha() and not character.isspace() for character in text)
    letters = sum(map(str.isalpha, text))
    longest = (len(text) + (_SPELLED - 1) * spelled) * LONGEST_S + LEAST_S
    return round(letters * SHORTEST_S, 3), round(longest, 3)


def check_speech(sound: Samples) -> float:
    """Returns the sound's root-mean-square level.

    Raises:
        SelfTestFailed: When the sound is not finite, or its level is not that of speech.
    """
    if not np.isfinite(sound).all():
        raise SelfTestFailed("the sound holds NaN or infinity")
    level = float(np.sqrt(np.mean(np.square(sound))))
    lowest, highest = LEVEL
    if not lowest <= level <= highest:
        raise SelfTestFailed(f"the sound has a level of {level:.4f}, which is not speech")
    return level
