"""The texts the recogniser is trained on: numbers in words, the grammar, plain forms."""

import random

import pytest

from recipe.asr import numbers
from recipe.asr.text import (
    FILLERS,
    WordMaker,
    expand,
    plain,
    read_grammar,
    secondary_homophones,
)


def _generator(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - texts, not secrets


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (77, "seventy seven"),
        (300, "three hundred"),
        (317, "three hundred seventeen"),
        (12_500, "twelve thousand five hundred"),
        (1_000_001, "one million one"),
    ],
)
def test_number_is_spoken_in_words(number: int, words: str) -> None:
    assert numbers.cardinal(number) == words


def test_hundreds_may_be_joined_with_and() -> None:
    assert numbers.cardinal(317, joiner="and") == "three hundred and seventeen"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1905, "nineteen oh five"),
        (1987, "nineteen eighty seven"),
        (1900, "nineteen hundred"),
        (2000, "two thousand"),
        (2007, "two thousand seven"),
        (2015, "twenty fifteen"),
    ],
)
def test_year_is_spoken_as_people_do(number: int, words: str) -> None:
    assert numbers.year(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "first"), (12, "twelfth"), (21, "twenty first"), (30, "thirtieth"), (31, "thirty first")],
)
def test_day_is_spoken_as_a_rank(number: int, words: str) -> None:
    assert numbers.ordinal(number) == words


def test_every_slot_of_the_grammar_has_a_rule() -> None:
    grammar = read_grammar()
    rng = _generator(1)
    for name in grammar:
        for _ in range(20):
            assert "{" not in expand(grammar, name, rng)
    assert not set(FILLERS) & set(grammar)


def test_expanded_sentences_are_plain_already() -> None:
    grammar, rng = read_grammar(), _generator(2)
    for _ in range(500):
        text = expand(grammar, "sentence", rng)
        assert text == " ".join(text.split())
        assert set(text) <= set("abcdefghijklmnopqrstuvwxyz' ")


def test_same_seed_gives_the_same_sentences() -> None:
    grammar = read_grammar()
    first, second = (
        [expand(grammar, "sentence", rng) for _ in range(20)]
        for rng in (_generator(3), _generator(3))
    )
    assert first == second


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("She sold the car, then a boat.", "she sold the car then a boat"),
        ("a well-known fact", "a well known fact"),
        ("the dog's bone", "the dog's bone"),
        ("flight 31", None),
        ("x is unknown", None),
        ("", None),
    ],
)
def test_plain_form_has_words_alone(text: str, words: str | None) -> None:
    assert plain(text) == words


def test_rarer_homophones_are_muted() -> None:
    assert secondary_homophones(["to", "write", "two", "right", "tree"]) == {"two", "right"}


def test_made_words_are_new_but_look_like_words() -> None:
    maker = WordMaker(["banana", "bandana", "cabana", "savanna", "manage", "damage"])
    rng = _generator(4)
    for _ in range(50):
        word = maker.word(rng)
        assert 4 <= len(word) <= 10
        assert set(word) <= set("abcdegmnsv")
