"""Languages in any usual spelling, refused where the model does not know them."""

import pytest
from pydantic import ValidationError

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.languages import language_of


@pytest.mark.parametrize("wanted", [None, "", "en", "en-US", "en_GB", "EN", "English", "auto"])
def test_english_is_known_by_many_names(wanted: str | None) -> None:
    assert language_of(wanted, [], ("en",)) == "english"


@pytest.mark.parametrize("wanted", ["de", "de-DE", "german", "xx", "e"])
def test_another_language_is_refused_with_what_the_model_knows(wanted: str) -> None:
    with pytest.raises(InvalidRequest, match=r"understands English \(en\)") as refused:
        language_of(wanted, [], ("en",))
    assert refused.value.param == "language"


def test_one_of_several_possible_languages_is_enough() -> None:
    assert language_of(None, ["de", "en-GB"], ("en",)) == "english"
    with pytest.raises(InvalidRequest) as refused:
        language_of(None, ["de", "fr"], ("en",))
    assert refused.value.param == "languages"


def test_a_model_of_several_languages_reports_the_language_of_the_request() -> None:
    assert language_of("de", [], ("en", "de")) == "german"
    assert language_of(None, [], ("en", "de")) == "unknown"


def test_the_setting_is_a_list_of_codes() -> None:
    assert SttSettings(languages="en,de").language_codes == ("en", "de")
    with pytest.raises(ValidationError):
        SttSettings(languages="english")
