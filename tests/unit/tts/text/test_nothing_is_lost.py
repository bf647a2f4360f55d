"""Every number and sign of Unicode is said, or silent because it means nothing."""

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.text.languages import LANGUAGES
from nemo_voice_tts.text.reading import ReadingOptions, read
from nemo_voice_tts.text.symbol_names import symbol_name

NUMBERS = st.characters(categories=["Nd", "Nl", "No"])
SIGNS = st.one_of(
    st.characters(categories=["Sc", "Sm", "So", "Sk"]), st.sampled_from("%&@#*/\\^~|_")
)
BESIDE = st.text(st.sampled_from("aZ 5.,-(x$%/:'1n\N{DEGREE SIGN}"), max_size=4)
LEFT = re.compile(r"[0-9%&@#*/\\^~|_<>=+]")


in_every_language = pytest.mark.parametrize("language", LANGUAGES)


def _said(text: str, language: str = "en") -> str:
    try:
        return " ".join(phrase.text for phrase in read(text, ReadingOptions(language=language)))
    except UnspeakableText:
        return ""


def _unsaid(said: str) -> set[str]:
    """Returns the numbers and signs that are left in what a voice is to say."""
    return {one for one in said if LEFT.match(one) or unicodedata.category(one)[0] in "NS"}


@in_every_language
@settings(max_examples=300, deadline=None)
@given(before=BESIDE, character=NUMBERS, after=BESIDE)
def test_every_number_of_unicode_becomes_words(
    language: str, before: str, character: str, after: str
) -> None:
    said = _said(f"so {before}{character}{after} it is", language)
    assert not _unsaid(said)


@in_every_language
@settings(max_examples=300, deadline=None)
@given(before=BESIDE, character=SIGNS, after=BESIDE)
def test_every_sign_of_unicode_becomes_words_or_silence(
    language: str, before: str, character: str, after: str
) -> None:
    assert not _unsaid(_said(f"so {before}{character}{after} it is", language))


@in_every_language
@settings(max_examples=200, deadline=None)
@given(text=st.text(st.one_of(NUMBERS, SIGNS, st.sampled_from("ab .-")), max_size=30))
def test_no_number_or_sign_is_left_of_any_text(language: str, text: str) -> None:
    assert not _unsaid(_said(text, language))


@in_every_language
@settings(max_examples=200, deadline=None)
@given(character=NUMBERS)
def test_a_number_alone_is_never_silent(language: str, character: str) -> None:
    if unicodedata.numeric(character, None) is not None:
        said = _said(f"so {character} it is", language)
        assert len(said.split()) > 3, said


@in_every_language
@settings(max_examples=200, deadline=None)
@given(character=st.characters(categories=["Sc", "Sm"]))
def test_a_currency_or_mathematical_sign_alone_is_said(language: str, character: str) -> None:
    said = _said(f"so {character} it is", language)
    is_silent = not symbol_name(unicodedata.normalize("NFKC", character)[0])
    assert is_silent or len(said.split()) > 3, said


OWN_FORMS = {("de", "3.5"): "3,5", ("es", "1/2"): "3/4"}
"""`3.5.` is a day of May in German, and "medio" stands before Spanish nouns."""


@in_every_language
@pytest.mark.parametrize("number", ["5", "12", "1234", "1234567890", "3.5", "1/2", "1st", "-7"])
def test_a_number_is_said_wherever_it_stands(language: str, number: str) -> None:
    number = OWN_FORMS.get((language, number), number)
    plain = _said(number, language).rstrip(".")
    for before, after in [("", " of it"), ("(", ")"), ('"', '"'), ("it is ", "."), ("a: ", "!")]:
        heard = _said(f"{before}{number}{after}", language)
        assert plain in heard, (before, number, after)


@in_every_language
@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1/",
        "1.",
        "1,",
        "$1",
        "1^2",
        "5%",
        "#1",
        "1=",
        "½",
        "√1",
        "①",
        "1-1/",
        "1 km ",
        "a1",
        "*1",
        "1.-",
        "A",
    ],
)
def test_the_time_to_read_grows_no_faster_than_the_text(language: str, piece: str) -> None:
    start_s = time.process_time()
    _said((piece * 50_000)[:50_000], language)
    assert time.process_time() - start_s < 10  # about one second; quadratic ones took minutes
