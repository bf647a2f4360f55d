"""The sound of a voice before it is delivered."""

import numpy as np
import pytest

from recipe.phonetics.espeak import SAMPLE_RATE_HZ
from recipe.tts.sound import sound_of


def tone(seconds: float, loudness: float) -> np.ndarray:
    times = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (loudness * 2**0.5 * np.sin(2 * np.pi * 150 * times)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32)


def test_a_clear_voice_has_no_faults() -> None:
    sound = sound_of(np.concatenate([silence(0.1), tone(5, 0.08), silence(0.15)]))
    assert sound.faults() == []
    assert sound.silence_before_s == pytest.approx(0.1, abs=0.001)
    assert sound.silence_after_s == pytest.approx(0.15, abs=0.001)
    assert sound.peak == pytest.approx(0.113, abs=0.001)


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        (tone(1, 0.08), "lasts 1.0 s"),
        (tone(5, 0.01), "loudness 0.010"),
        (tone(5, 0.9), "peak 1.27"),
        (np.concatenate([silence(1), tone(5, 0.08)]), "1.00 s of silence before"),
        (np.concatenate([tone(5, 0.08), silence(1)]), "1.00 s of silence after"),
        (silence(5), "loudness 0.000"),
    ],
)
def test_a_fault_is_named(samples: np.ndarray, fault: str) -> None:
    assert fault in sound_of(samples).faults()
