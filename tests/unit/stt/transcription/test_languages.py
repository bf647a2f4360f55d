"""Languages in any usual spelling, refused where the model does not know them."""

import pytest
from pydantic import ValidationError

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.languages import (
    SpokenLanguage,
    code_of,
    language_of,
    name_of,
    nearest,
)
from nemo_voice_stt.transcription.port import Abilities

TOLD = Abilities(told_languages=("en", "de", "es"), default_language="en")
"""Of a model that cannot find out what is spoken."""
FINDS_OUT = Abilities(told_languages=("en-US", "en-GB", "es-US", "es-ES", "de-DE"))
"""Of one that can, and can be told."""


@pytest.mark.parametrize("wanted", [None, "", "en", "en-US", "en_GB", "EN", "English", "auto"])
def test_english_is_known_by_many_names(wanted: str | None) -> None:
    assert language_of(wanted, [], ("en",)) == SpokenLanguage("english")


@pytest.mark.parametrize("wanted", ["de", "de-DE", "german", "xx", "e"])
def test_another_language_is_refused_with_what_the_model_knows(wanted: str) -> None:
    with pytest.raises(InvalidRequest, match=r"understands English \(en\)") as refused:
        language_of(wanted, [], ("en",))
    assert refused.value.param == "language"


def test_one_of_several_possible_languages_is_enough() -> None:
    assert language_of(None, ["de", "en-GB"], ("en",)).name == "english"
    with pytest.raises(InvalidRequest) as refused:
        language_of(None, ["de", "fr"], ("en",))
    assert refused.value.param == "languages"


def test_a_model_of_several_languages_reports_the_language_of_the_request() -> None:
    assert language_of("de", [], ("en", "de")) == SpokenLanguage("german")
    assert language_of(None, [], ("en", "de")) == SpokenLanguage("unknown")


@pytest.mark.parametrize(
    ("wanted", "others", "expected"),
    [
        ("de", [], ("german", "de")),
        ("German", [], ("german", "de")),
        ("es-MX", [], ("spanish", "es")),
        (None, [], ("english", "en")),
        ("auto", [], ("english", "en")),
        (None, ["es"], ("spanish", "es")),
        (None, ["es", "de"], ("spanish", "es")),
        (None, ["ja", "de", "en"], ("german", "de")),
        ("de", ["es"], ("german", "de")),
    ],
)
def test_model_that_cannot_find_out_is_told(
    wanted: str | None, others: list[str], expected: tuple[str, str]
) -> None:
    spoken = language_of(wanted, others, ("en", "de", "es"), TOLD)
    assert (spoken.name, spoken.told) == expected


@pytest.mark.parametrize(
    ("wanted", "others", "expected"),
    [
        ("es-MX", [], ("spanish", "es-US")),
        ("en", [], ("english", "en-US")),
        (None, [], ("unknown", None)),
        (None, ["en-AU"], ("english", "en-GB")),
        (None, ["en-GB", "en-AU"], ("english", "en-GB")),
        (None, ["en", "de"], ("unknown", None)),
    ],
)
def test_model_that_finds_out_is_told_what_the_request_is_sure_of(
    wanted: str | None, others: list[str], expected: tuple[str, str | None]
) -> None:
    spoken = language_of(wanted, others, ("en", "es", "de"), FINDS_OUT)
    assert (spoken.name, spoken.told) == expected


def test_the_only_language_of_the_settings_is_told() -> None:
    assert language_of(None, [], ("es",), FINDS_OUT) == SpokenLanguage("spanish", "es-ES")


def test_language_that_the_model_cannot_be_told_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"understands English \(en\), German \(de\)\."):
        language_of("pl", [], ("en", "de", "pl"), TOLD)


def test_settings_restrict_what_the_model_can_be_told() -> None:
    with pytest.raises(InvalidRequest, match=r"It understands German \(de\)\."):
        language_of("es", [], ("de",), FINDS_OUT)


@pytest.mark.parametrize(
    ("language", "known", "expected"),
    [
        ("es", ("en", "es"), "es"),
        ("es-MX", ("es-ES", "es-US"), "es-US"),
        ("es-419", ("es-ES", "es-US"), "es-US"),
        ("es-ES", ("es-US", "es-ES"), "es-ES"),
        ("es_es", ("es-US", "es-ES"), "es-ES"),
        ("spanish", ("es-US", "es-ES"), "es-ES"),
        ("es", ("es-US",), "es-US"),
        ("es-MX", ("es",), "es"),
        ("en-AU", ("en-US", "en-GB"), "en-GB"),
        ("en-CA", ("en-GB", "en-US"), "en-US"),
        ("en", ("en-GB", "en-US"), "en-US"),
        ("pt", ("pt-PT", "pt-BR"), "pt-BR"),
        ("pt-AO", ("pt-BR", "pt-PT"), "pt-PT"),
        ("zh-Hant-TW", ("zh-CN", "zh-TW"), "zh-TW"),
        ("fr-CA", ("fr-FR", "fr-CA"), "fr-CA"),
        ("fr-BE", ("fr-CA", "fr-FR"), "fr-FR"),
        ("no", ("nb-NO", "nn-NO"), "nb-NO"),
        ("nn", ("nb-NO", "nn-NO"), "nn-NO"),
        ("ja", ("ja-JP",), "ja-JP"),
        ("de", ("en", "es"), None),
        ("auto", ("en", "es"), None),
        ("", ("en",), None),
    ],
)
def test_the_nearest_region_of_the_same_language_is_told(
    language: str, known: tuple[str, ...], expected: str | None
) -> None:
    assert nearest(language, known) == expected


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [("NO", "nb", "norwegian"), ("Norwegian", "nb", "norwegian"), ("iw", "he", "hebrew")],
)
def test_codes_that_mean_the_same_are_one(language: str, code: str, name: str) -> None:
    assert (code_of(language), name_of(language)) == (code, name)


def test_the_setting_is_a_list_of_codes() -> None:
    assert SttSettings(languages="en,de").language_codes == ("en", "de")
    with pytest.raises(ValidationError):
        SttSettings(languages="english")
