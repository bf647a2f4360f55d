"""Names of voices and languages: the own ones, those that clients always send, unknown ones."""

import pytest

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_tts.http.voice_names import OPENAI_VOICES, check_language, check_voice


@pytest.mark.parametrize("name", ["default", "nvidia/tts_en_fastpitch", *OPENAI_VOICES])
def test_the_voice_is_known_by_its_own_names_and_openais(name: str) -> None:
    check_voice(name, model="nvidia/tts_en_fastpitch")


def test_there_are_thirteen_of_openais_names() -> None:
    assert len(set(OPENAI_VOICES)) == 13


@pytest.mark.parametrize("name", ["", "Alloy", "af_heart", "Magpie-Multilingual.EN-US.Aria"])
def test_an_unknown_voice_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"default, demo .*alloy.*verse") as refused:
        check_voice(name, model="demo")
    assert refused.value.param == "voice"


@pytest.mark.parametrize("tag", ["en", "en-US", "en-GB", "EN_us"])
def test_english_is_spoken_however_it_is_spelt(tag: str) -> None:
    check_language(tag)


@pytest.mark.parametrize("tag", ["es-US", "english", "", "de", "men"])
def test_other_languages_are_refused(tag: str) -> None:
    with pytest.raises(InvalidRequest, match="en-US") as refused:
        check_language(tag)
    assert refused.value.param == "language"
