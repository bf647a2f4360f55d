"""The times of words, by those of their tokens."""

import numpy as np
import pytest

from nemo_voice_tts.synthesis.port import NO_WORD
from nemo_voice_tts.synthesis.word_times import spoken_phrase
from nemo_voice_tts.text.reading import ReadPhrase, read
from support.models.fakes import RATE_HZ, FakeVoice
from support.models.use_cases import synthesis_of


def test_a_word_lasts_from_its_first_token_to_its_last() -> None:
    phrase = ReadPhrase("so it is", (0, 8), pause_s=0.5, word_spans=((0, 2), (3, 5), (6, 8)))
    spoken = spoken_phrase(
        phrase,
        normalised="so it is",
        spelled="so it is",
        token_words=(NO_WORD, 0, 0, NO_WORD, 1, NO_WORD, 2, NO_WORD),
        token_s=(0.1, 0.2, 0.3, 0.1, 0.2, 0.1, 0.4, 0.2),
    )
    times = [(word.text, round(word.start_s, 3), round(word.end_s, 3)) for word in spoken.written]
    assert times == [("so", 0.1, 0.6), ("it", 0.7, 0.9), ("is", 1.0, 1.4)]
    assert spoken.duration_s == pytest.approx(2.1)


def test_what_has_no_token_is_where_the_word_before_it_ends() -> None:
    phrase = ReadPhrase("so ? is", (0, 7), lead_s=1.0, word_spans=((0, 2), (3, 4), (5, 7)))
    spoken = spoken_phrase(
        phrase, normalised="so ? is", spelled="so ? is", token_words=(0, 2), token_s=(0.5, 0.5)
    )
    assert [word.start_s for word in spoken.said] == [1.0, 1.5, 1.5]


def test_what_was_written_as_one_is_told_as_one() -> None:
    source = "Pay $3.5 million on Jan. 5 by e-mail."
    [phrase] = read(source)
    said = phrase.text
    count = len(said.split())
    spoken = spoken_phrase(
        phrase, normalised=said, spelled=said, token_words=range(count), token_s=[0.1] * count
    )
    written = [source[slice(*word.span)] for word in spoken.written]
    assert "".join(written).replace(" ", "") == source.replace(" ", "")
    assert "$3.5 million" in written
    starts = [word.start_s for word in spoken.written]
    assert starts == sorted(starts)


async def test_the_pieces_of_a_text_tell_the_times_of_each_phrase() -> None:
    text = "One is here. Then two is there, and that is all of it."
    async with synthesis_of(FakeVoice()) as synthesis:
        pieces = [piece async for piece in synthesis.pieces(text)]
    phrases = [piece.phrase for piece in pieces if piece.phrase is not None]
    words = [text[slice(*word.span)] for phrase in phrases for word in phrase.written]
    assert words == text.split()
    seconds = sum(len(piece.samples) for piece in pieces) / RATE_HZ
    assert sum(phrase.duration_s for phrase in phrases) == pytest.approx(seconds, abs=1e-3)
    assert np.concatenate([piece.samples for piece in pieces]).dtype == np.float32
