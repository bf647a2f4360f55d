"""Which written words the words of another writing stand for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_tts.text.alignment import aligned


@pytest.mark.parametrize(
    ("written", "said", "pairs"),
    [
        ("Hello there.", "Hello there.", {"Hello": "Hello", "there.": "there."}),
        ("They paid $5 for it.", "They paid five dollars for it.", {"five": "$5", "dollars": "$5"}),
        ("At 3:30 we go", "At three thirty we go", {"three": "3:30", "thirty": "3:30"}),
        ("in 2020 and 21", "in twenty twenty and twenty one", {"one": "21"}),
        ("the HTTP port", "the H T T P port", {"H": "HTTP", "P": "HTTP", "port": "port"}),
        ("one  & two", "one and two", {"and": "&"}),
        ("a - b", "a b", {"b": "b"}),
    ],
)
def test_words_stand_for_what_was_written(written: str, said: str, pairs: dict[str, str]) -> None:
    words, spoken = written.split(), said.split()
    found = {word: words[first] for word, (first, _) in zip(spoken, aligned(words, spoken),
                                                            strict=True)}  # fmt: skip
    assert {word: found[word] for word in pairs} == pairs


WORDS = st.lists(st.sampled_from(["a", "bee", "sea", "5", "-", "Q."]), max_size=8)


@given(written=WORDS, said=WORDS)
@settings(deadline=None, database=None, derandomize=True)
def test_every_word_has_places_in_order(written: list[str], said: list[str]) -> None:
    places = aligned(written, said)
    assert len(places) == len(said)
    if written:
        assert all(0 <= first <= last < len(written) for first, last in places)
        assert places == sorted(places)
