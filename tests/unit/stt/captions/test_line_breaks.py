"""Lines break where a reader would pause, and not within a phrase if it can be helped."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_stt.captions.line_breaks import Shape, break_cost, ends_sentence, lines_of
from nemo_voice_stt.captions.phrases import GERMAN, JAPANESE, SPANISH, phrases_of
from nemo_voice_stt.transcription.port import Word


def broken(text: str, max_line_chars: int = 42, max_lines: int = 2) -> tuple[str, ...]:
    return laid_out(text.split(), Shape(max_line_chars, max_lines))


def laid_out(texts: Sequence[str], shape: Shape, *, are_joined: bool = False) -> tuple[str, ...]:
    language = phrases_of(texts)
    costs = [break_cost(before, after, 0.0, language) for before, after in pairwise(texts)]
    return lines_of([Word(text, 0, 0, is_joined=are_joined) for text in texts], costs, shape)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one line is enough for this", ("one line is enough for this",)),
        (
            "When I came home, my brother had already left.",
            ("When I came home,", "my brother had already left."),
        ),
        (
            "she bought seven apples and he went to the station",
            ("she bought seven apples", "and he went to the station"),
        ),
        (
            "we walked along the river until the evening came",
            ("we walked along the river", "until the evening came"),
        ),
    ],
)
def test_lines_end_where_a_clause_ends(text: str, lines: tuple[str, ...]) -> None:
    assert broken(text) == lines


@pytest.mark.parametrize(
    "text",
    [
        "nobody in the whole town remembered the name of that house",
        "they told us yesterday that you would not have known him",
        "please tell Dr. Smith that his patients are waiting upstairs",
    ],
)
def test_no_line_ends_with_a_word_that_belongs_to_the_next(text: str) -> None:
    first, _second = broken(text)
    assert first.split()[-1].lower() not in {
        "the",
        "of",
        "that",
        "not",
        "would",
        "dr.",
        "his",
        "are",
    }


def test_a_title_ends_no_sentence_and_a_closing_quote_hides_none() -> None:
    assert not ends_sentence("Dr.")
    assert ends_sentence("home.”")
    assert not ends_sentence("home")


def test_a_pause_makes_a_break_cheaper() -> None:
    assert break_cost("of", "course", 0.6) < break_cost("of", "course")
    assert break_cost("left", "right", 0.6) < break_cost("left", "right", 0.1)


@settings(deadline=None, database=None, derandomize=True)
@given(st.lists(st.text("abc.,", min_size=1, max_size=16), min_size=1, max_size=12))
def test_lines_hold_every_word_in_as_few_lines_as_can(words: list[str]) -> None:
    shape = Shape(max_line_chars=16, max_lines=12)
    lines = broken(" ".join(words), 16, 12)
    assert " ".join(lines).split(" ") == words
    assert max(map(len, lines)) <= 16
    assert len(lines) == shape.lines_needed([Word(word, 0, 0) for word in words])


def test_a_word_with_a_blank_in_it_counts_as_one() -> None:
    words = ["it", "costs $50", "and", "nobody", "has", "seen", "it", "since", "the", "last", "war"]
    lines = laid_out(words, Shape(30, 2))
    assert " ".join(lines) == " ".join(words)
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "Cuando llegué a casa, mi hermano ya se había marchado.",
            ("Cuando llegué a casa,", "mi hermano ya se había marchado."),
        ),
        (
            "compramos siete manzanas rojas y fuimos a la estación",
            ("compramos siete manzanas rojas", "y fuimos a la estación"),
        ),
        (
            "er hat gestern erzählt dass die Stadt sehr schön ist",
            ("er hat gestern erzählt", "dass die Stadt sehr schön ist"),
        ),
        (
            "elle a acheté sept pommes rouges pour les enfants du voisin",
            ("elle a acheté sept pommes rouges", "pour les enfants du voisin"),
        ),
    ],
)
def test_lines_of_other_languages_end_where_a_clause_ends(
    text: str, lines: tuple[str, ...]
) -> None:
    assert broken(text) == lines


def test_lines_without_spaces_end_after_a_particle() -> None:
    words = [
        "明日",
        "は",
        "友達",
        "と",
        "一緒",
        "に",
        "東京",
        "の",
        "美術館",
        "へ",
        "行き",
        "ます。",
    ]
    lines = laid_out(words, Shape(16, 2), are_joined=True)
    assert "".join(lines) == "".join(words)
    assert lines[0].endswith(("は", "と", "に", "の", "へ"))


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        ("die Stadt ist nicht so groß wie ich dachte", GERMAN),
        ("no sé si la casa es de mi hermano", SPANISH),
        ("東京 に 行き たい です", JAPANESE),
    ],
)
def test_a_language_is_known_by_its_small_words(texts: str, language: object) -> None:
    assert phrases_of(texts.split()) is language


@pytest.mark.parametrize("word", ["です。", "はい！", "नहीं।", "لماذا؟", "¿Qué?”", "«sí.»", "fin…"])
def test_sentences_end_in_every_script(word: str) -> None:
    assert ends_sentence(word)


def test_an_ordinal_ends_no_german_sentence() -> None:
    assert not ends_sentence("3.", GERMAN)
    assert ends_sentence("3.")
    assert not ends_sentence("Sra.", SPANISH)
