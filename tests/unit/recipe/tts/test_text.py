"""The training texts of the voice."""

from itertools import islice

import pytest

from recipe.tts.text import TextSource, in_words

WORDS = ["a", "window", "river", "seldom", "quantum"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (19, "nineteen"),
        (40, "forty"),
        (87, "eighty seven"),
        (300, "three hundred"),
        (1_205, "one thousand two hundred five"),
        (7_000_012, "seven million twelve"),
    ],
)
def test_numbers_are_read_as_words(number: int, words: str) -> None:
    assert in_words(number) == words


def test_the_same_seed_gives_the_same_texts() -> None:
    first, second = (list(islice(TextSource(WORDS, 3).texts(), 50)) for _ in range(2))
    assert first == second
    assert first != list(islice(TextSource(WORDS, 4).texts(), 50))


def test_every_slot_of_every_template_is_filled() -> None:
    texts = " ".join(islice(TextSource(WORDS, 5).texts(), 2000))
    assert set(texts) <= set("abcdefghijklmnopqrstuvwxyz' ,.;:?!")
