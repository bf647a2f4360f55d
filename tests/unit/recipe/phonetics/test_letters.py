"""Which letters make which sounds, learnt from a small lexicon."""

from collections.abc import Sequence

from recipe.phonetics.letters import align_letters, best_split

LEXICON = {
    word: phonemes.split()
    for word, phonemes in {
        "bad": "B AE1 D",
        "bed": "B EH1 D",
        "dab": "D AE1 B",
        "deb": "D EH1 B",
        "back": "B AE1 K",
        "deck": "D EH1 K",
        "kid": "K IH1 D",
        "bake": "B EY1 K",
        "ax": "AE1 K S",
    }.items()
}


def prefers_own_name(letter: str, phonemes: Sequence[str]) -> float:
    return 1.0 if "".join(phonemes).lower() == letter else -1.0


def test_each_letter_takes_the_phoneme_that_scores_best() -> None:
    assert best_split("bad", ["B", "A", "D"], prefers_own_name) == [1, 1, 1]


def test_a_letter_may_be_silent() -> None:
    assert best_split("bade", ["B", "A", "D"], prefers_own_name) == [1, 1, 1, 0]


def test_a_word_with_too_few_letters_has_no_split() -> None:
    assert best_split("b", ["B", "IY", "X"], prefers_own_name) == []


def test_counts_add_up_to_the_phonemes_of_every_word() -> None:
    found = align_letters(LEXICON)
    for word, phonemes in LEXICON.items():
        assert len(found[word]) == len(word)
        assert sum(found[word]) == len(phonemes)


def test_an_unknown_word_has_no_letters() -> None:
    assert align_letters(LEXICON)["zebra"] == []
