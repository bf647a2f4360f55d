"""The self-test of text to speech notices sound that is not speech."""

import numpy as np
import pytest

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.runtime.self_test import SelfTestFailed
from nemo_voice_tts.self_test import (
    OTHER_SENTENCE,
    SENTENCE,
    SENTENCES,
    check_sentence,
    duration_of,
    sentence_for,
)

RATE_HZ = 22_050


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        (np.full(RATE_HZ * 2, np.nan, np.float32), "NaN"),
        (np.full(100, 0.1, np.float32), "took"),
        (np.full(RATE_HZ * 11, 0.1, np.float32), "took"),
        (np.zeros(RATE_HZ * 2, np.float32), "level"),
    ],
)
def test_sound_that_is_not_speech_fails(sound: Samples, complaint: str) -> None:
    with pytest.raises(SelfTestFailed, match=complaint):
        check_sentence(sound, RATE_HZ)


def test_a_quiet_sound_as_long_as_the_sentence_passes() -> None:
    facts = check_sentence(np.full(RATE_HZ * 2, 0.1, np.float32), RATE_HZ)
    assert facts == {"duration_s": 2.0, "rms": 0.1}


@pytest.mark.parametrize(
    ("text", "spoken_s"),
    [
        (SENTENCE, 2.6),
        *((sentence, 2.6) for sentence in SENTENCES.values()),
        ("Hi.", 0.5),
        ("+34 915 123 456", 7.0),
        ("$1,234,567.89", 8.0),
        ("早上好。", 1.0),
        ("Le service vocal est prêt, et il vous écoute depuis ce matin à la gare.", 4.5),
    ],
)
def test_a_text_takes_a_believable_time(text: str, spoken_s: float) -> None:
    shortest_s, longest_s = duration_of(text)
    assert shortest_s < spoken_s < longest_s
    assert longest_s < 5 * spoken_s + 3


@pytest.mark.parametrize(
    ("languages", "sentence"),
    [
        ((), SENTENCE),
        (("en",), SENTENCE),
        (("en-US",), SENTENCE),
        (("es-ES", "en"), SENTENCES["es"]),
        (("vi", "de"), SENTENCES["de"]),
        (("vi",), OTHER_SENTENCE),
    ],
)
def test_the_sentence_is_in_the_voices_language(languages: tuple[str, ...], sentence: str) -> None:
    assert sentence_for(languages) == sentence
