"""The test texts: enough of them, always the same, and none that training may see."""

import hashlib
import random
import re

import pytest
from wordfreq import top_n_list

from evaluation.measures import is_in_dictionary
from evaluation.sentences import (
    all_test_texts,
    held_out_words,
    normalised,
    recognition_sentences,
    round_trip_sentences,
    unknown_words,
    written_forms,
)
from evaluation.templates import generated
from recipe.asr import text as asr_text
from recipe.tts import text as tts_text

_SAMPLED = 1000


def test_there_are_as_many_texts_as_the_card_promises() -> None:
    assert len(recognition_sentences()) >= 500
    assert len(round_trip_sentences()) >= 200
    assert len(written_forms()) >= 40
    assert len(unknown_words()) >= 100


def test_no_text_occurs_twice() -> None:
    round_trip = [normalised(text) for text in round_trip_sentences()]
    assert len(set(recognition_sentences())) == len(recognition_sentences())
    assert len(set(round_trip)) == len(round_trip)
    assert set(round_trip).isdisjoint(recognition_sentences())


def test_recognition_texts_are_plain_words_of_a_sentence_length() -> None:
    for text in recognition_sentences():
        assert re.fullmatch(r"[a-z']+( [a-z']+)*", text)
        assert 4 <= len(text.split()) <= 14


def test_the_digest_of_the_texts_is_the_known_one() -> None:
    everything = "\n".join(sorted(all_test_texts()))
    assert hashlib.sha256(everything.encode()).hexdigest().startswith("cdad9b738f305d41")


def test_another_seed_gives_other_sentences() -> None:
    assert generated(1, 50) == generated(1, 50)
    assert set(generated(1, 50)) != set(generated(2, 50))


def test_unknown_words_are_in_their_sentences_and_in_no_dictionary() -> None:
    for rare in unknown_words():
        assert rare.word in rare.sentence
        assert rare.word.lower() in held_out_words()
        assert not is_in_dictionary(rare.word)


def test_readings_of_written_forms_hold_only_words() -> None:
    for form in written_forms():
        assert all(reading == normalised(reading) for reading in form.spoken)


def test_every_text_of_every_set_is_excluded_from_training() -> None:
    texts = [*recognition_sentences(), *round_trip_sentences()]
    texts += [rare.sentence for rare in unknown_words()]
    texts += [reading for form in written_forms() for reading in form.spoken]
    assert {normalised(text) for text in texts} <= all_test_texts()


def test_the_voice_is_not_trained_on_test_sentences() -> None:
    source = tts_text.TextSource(top_n_list("en", 5000), seed=7).texts()
    drawn = {normalised(next(source)) for _ in range(_SAMPLED)}
    assert drawn.isdisjoint(set(recognition_sentences()) | _round_trip())


@pytest.mark.long
@pytest.mark.skipif(not asr_text.WORDNET.exists(), reason="wordnet-base is not installed")
def test_the_recogniser_is_not_trained_on_test_sentences() -> None:
    source = asr_text.TextSource(all_test_texts(), held_out_words())
    rng = random.Random(7)  # noqa: S311
    drawn = [source.text(rng) for _ in range(_SAMPLED)]
    assert all_test_texts().isdisjoint(drawn)
    assert held_out_words().isdisjoint(word for text in drawn for word in text.split())


def _round_trip() -> set[str]:
    return {normalised(text) for text in round_trip_sentences()}
