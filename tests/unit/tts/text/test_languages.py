"""Which language a voice's texts are read in: its checkpoint's, else the setting's, no guess."""

import pytest

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_serving.model_kinds.languages import READ_ALOUD
from nemo_voice_tts.text.languages import LANGUAGES, language_of, voice_language
from nemo_voice_tts.text.reading import ReadingOptions, read


def test_judgement_knows_the_languages_that_are_read() -> None:
    assert sorted(LANGUAGES) == sorted(READ_ALOUD)


@pytest.mark.parametrize(
    ("tag", "code"),
    [("es", "es"), ("es-MX", "es"), ("ES_es", "es"), ("de-AT", "de"), ("en-US", "en")],
)
def test_language_is_found_by_any_tag_of_it(tag: str, code: str) -> None:
    language = language_of(tag)
    assert language is not None
    assert language.code == code


@pytest.mark.parametrize("tag", ["", "fr", "spanish", "zh-CN", "-es"])
def test_tag_of_another_language_finds_none(tag: str) -> None:
    assert language_of(tag) is None


@pytest.mark.parametrize(
    ("spoken", "named", "code"),
    [
        (("es",), None, "es"),
        (("de-DE",), None, "de"),
        ((), "es-MX", "es"),
        (("es",), "es-ES", "es"),
        (("en", "es"), "es", "es"),
        (("en", "es"), None, "en"),
        (("fr", "es"), None, "es"),
    ],
)
def test_checkpoint_says_the_language_before_the_setting(
    spoken: tuple[str, ...], named: str | None, code: str
) -> None:
    assert voice_language(spoken, named).code == code


@pytest.mark.parametrize(
    ("spoken", "named", "words"),
    [
        ((), None, "Set NEMO_VOICE_LANGUAGE to one of en, de, es"),
        (("it",), None, "speaks it, and texts are read in English, German and Spanish only"),
        (("zh-CN",), None, "speaks zh"),
        (("es",), "en", "speaks es, and NEMO_VOICE_LANGUAGE says en"),
        (("it",), "es", "speaks it, and NEMO_VOICE_LANGUAGE says es"),
    ],
)
def test_no_language_and_the_wrong_one_are_refused(
    spoken: tuple[str, ...], named: str | None, words: str
) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        voice_language(spoken, named)


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {"en"}))
@pytest.mark.parametrize("sign", ["∇", "∠", "⊥", "≡", "∘", "⟺", "∄", "¶", "∛", "≪"])
def test_signs_have_names_of_the_language(language: str, sign: str) -> None:
    heard = read(f"{sign} x", ReadingOptions(language=language))[0].text
    assert heard != read(f"{sign} x")[0].text or sign == "∇"
    assert sign not in heard


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("Y ella vino.", "y ella vino."),
        ("Y a Madrid fue.", "y a Madrid fue."),
        ("¿Y tú? Y, claro, yo.", "¿y tú? y, claro, yo."),
        ("LA UE Y EL PP PACTAN", "La u e y El pe pe Pactan"),
        ("los ejes X e Y", "los ejes equis e i griega"),
        ("X Y Z", "equis i griega zeta"),
        ("la vitamina D y el plan B", "la vitamina de y el plan be"),
        ("un MP3 en el vuelo IB7", "un eme pe tres en el vuelo i be siete"),
    ],
)
def test_spanish_letters_have_names_and_the_conjunction_has_none(written: str, heard: str) -> None:
    phrases = read(written, ReadingOptions(language="es"))
    said = " ".join(LANGUAGES["es"].spelled(phrase.text) for phrase in phrases)
    assert said.replace("\N{NO-BREAK SPACE}", " ") == heard


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("CDU UND SPD EINIGEN SICH", "zeh deh uh Und ess peh deh Einigen Sich"),
        ("Plan B", "Plan beh"),
        ("die EU", "die eh uh"),
    ],
)
def test_german_letters_have_names(written: str, heard: str) -> None:
    said = LANGUAGES["de"].spelled(read(written, ReadingOptions(language="de"))[0].text)
    assert said == heard
