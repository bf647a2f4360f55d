"""What counts as a phrase: keywords always, a prompt where it is a list of names."""

import pytest

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.transcription.hotwords import MAX_HOTWORDS, hotwords_of


@pytest.mark.parametrize(
    ("prompt", "phrases"),
    [
        (None, ()),
        ("", ()),
        ("ZyntriQix, Digique Plus, O.R.B.I.T", ("ZyntriQix", "Digique Plus", "O.R.B.I.T")),
        ("Glossary: Aimee, Shawn", ("Aimee", "Shawn")),
        ("Kubernetes\nHelm", ("Kubernetes", "Helm")),
        ("Hello, welcome to my lecture.", ()),
        ("and so we went on to the next of the questions", ()),
    ],
)
def test_a_prompt_is_a_list_or_prose(prompt: str | None, phrases: tuple[str, ...]) -> None:
    assert hotwords_of(prompt) == phrases


def test_keywords_come_first_and_each_once() -> None:
    assert hotwords_of("Helm, etcd", ["  etcd ", "a, b"]) == ("etcd", "a", "b", "Helm")


def test_too_many_are_refused_by_the_fields_name() -> None:
    many = [f"word{place}" for place in range(MAX_HOTWORDS + 1)]
    with pytest.raises(InvalidRequest, match="101 phrases") as refused:
        hotwords_of(None, many)
    assert refused.value.param == "keywords"
    with pytest.raises(InvalidRequest) as refused:
        hotwords_of(", ".join(many))
    assert refused.value.param == "prompt"


def test_a_keyword_as_long_as_a_sentence_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="81 characters"):
        hotwords_of(None, ["x" * 81])


def test_half_a_character_is_refused_where_it_is() -> None:
    with pytest.raises(InvalidRequest, match="UTF-8") as refused:
        hotwords_of(None, ["fine", "\ud800"])
    assert refused.value.param == "keywords"
    with pytest.raises(InvalidRequest) as refused:
        hotwords_of("Anna, \udc00", ["fine"])
    assert refused.value.param == "prompt"
