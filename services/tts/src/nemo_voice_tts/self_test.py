"""The self-test of text to speech: a sentence is spoken, and its sound measured."""

import numpy as np

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_tts.synthesis.synthesis import Synthesis

SENTENCE = "The robin sings at seven in the morning."
DURATION_S = (1.0, 8.0)
"""Shortest and longest believable duration of that sentence."""
LEVEL = (0.005, 0.5)
"""Lowest and highest believable root-mean-square level of speech."""


async def spoken(synthesis: Synthesis, text: str) -> Samples:
    """Returns the whole speech of a text, by the default voice or else the first one."""
    speech = synthesis.speak(text, speaker=synthesis.voices.test_speaker)
    return np.concatenate([piece async for piece in speech])


async def self_test(synthesis: Synthesis) -> Facts:
    """Speaks the sentence and returns the measures of its sound; raises as `check_sentence`."""
    return check_sentence(await spoken(synthesis, SENTENCE), synthesis.sample_rate_hz)


def check_sentence(sound: Samples, rate_hz: int) -> Facts:
    """Returns the measures of the sentence's sound.

    Raises:
        SelfTestFailed: When it is not finite, or its length or level is not that of speech.
    """
    level = check_speech(sound)
    duration_s = len(sound) / rate_hz
    shortest_s, longest_s = DURATION_S
    if not shortest_s <= duration_s <= longest_s:
        raise SelfTestFailed(
            f"the sentence took {duration_s:.2f} s, not {shortest_s}-{longest_s} s"
        )
    return {"duration_s": round(duration_s, 3), "rms": round(level, 4)}


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
