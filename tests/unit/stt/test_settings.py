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
        ({}, "cpu (AVX512, 2 threads)", 60),
        ({"piece_s": 20}, "cpu (DEFAULT, 1 threads)", 40),
        ({"max_batch_audio_s": 120}, "cpu (AVX2, 4 threads)", 120),
        ({}, "cuda:0 (NVIDIA H200)", 240),
        ({"max_batch_audio_s": 60}, "cuda:0 (NVIDIA H200)", 60),
    ],
)
def test_a_cpu_runs_few_long_pieces_at_once_unless_it_is_told_otherwise(
    given: dict[str, float], device: str, most_s: float
) -> None:
    assert SttSettings.model_validate(given).batch_audio_s_on(device) == most_s
