"""Settings of speech to text alone: limits of audio."""

import pytest
from pydantic import ValidationError

from nemo_voice_stt.settings import SttSettings

DURATIONS = [name for name in SttSettings.model_fields if name.endswith("_s")]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e300", "-1"])
@pytest.mark.parametrize("name", DURATIONS)
def test_every_duration_is_finite_and_limited(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        SttSettings.model_validate({name: value})


@pytest.mark.parametrize(
    ("given", "device", "most_s"),
    [
        ({}, "cpu", 30),
        ({"piece_s": 20}, "cpu", 20),
        ({"max_batch_audio_s": 120}, "cpu", 120),
        ({}, "cuda:0 (NVIDIA H200)", 240),
        ({"max_batch_audio_s": 60}, "cuda:0 (NVIDIA H200)", 60),
    ],
)
def test_a_cpu_runs_a_long_piece_alone_unless_it_is_told_otherwise(
    given: dict[str, float], device: str, most_s: float
) -> None:
    assert SttSettings.model_validate(given).batch_audio_s_on(device) == most_s
