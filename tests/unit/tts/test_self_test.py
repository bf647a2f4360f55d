"""The self-test of text to speech notices sound that is not speech."""

import numpy as np
import pytest

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.runtime.self_test import SelfTestFailed
from nemo_voice_tts.self_test import check_sentence

RATE_HZ = 22_050


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        (np.full(RATE_HZ * 2, np.nan, np.float32), "NaN"),
        (np.full(100, 0.1, np.float32), "took"),
        (np.zeros(RATE_HZ * 2, np.float32), "level"),
    ],
)
def test_sound_that_is_not_speech_fails(sound: Samples, complaint: str) -> None:
    with pytest.raises(SelfTestFailed, match=complaint):
        check_sentence(sound, RATE_HZ)


def test_a_quiet_sound_as_long_as_the_sentence_passes() -> None:
    facts = check_sentence(np.full(RATE_HZ * 2, 0.1, np.float32), RATE_HZ)
    assert facts == {"duration_s": 2.0, "rms": 0.1}
