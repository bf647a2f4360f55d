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
