"""Names of languages: the voice's own, however they are spelt, and others."""

import pytest

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_tts.http.voice_names import check_language


@pytest.mark.parametrize("tag", ["en", "en-US", "en-GB", "EN_us"])
def test_english_is_spoken_however_it_is_spelt(tag: str) -> None:
    check_language(tag)


@pytest.mark.parametrize("tag", ["es-US", "english", "", "de", "men"])
def test_other_languages_are_refused(tag: str) -> None:
    with pytest.raises(InvalidRequest, match="en-US") as refused:
        check_language(tag)
    assert refused.value.param == "language"
