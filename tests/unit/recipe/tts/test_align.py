"""From a text and espeak's phoneme times to the length of every token."""

from recipe.phonetics.espeak import PhonemeEvent
from recipe.tts.align import (
    HOP_SAMPLES,
    align_sounds,
    merge_pauses,
    token_durations,
    write_script,
)

LEXICON = {"cat": ["K", "AE1", "T"], "far": ["F", "AA1", "R"], "hill": ["HH", "IH1", "L"]}


def events(*pairs: tuple[str, int]) -> list[PhonemeEvent]:
    return [PhonemeEvent(name, frame * HOP_SAMPLES) for name, frame in pairs]


def test_a_text_becomes_padded_tokens_and_espeak_phonemes() -> None:
    script = write_script("Cat, far!", LEXICON)
    assert script is not None
    assert script.tokens == (" ", "K", "AE1", "T", ",", " ", "F", "AA1", "R", "!", " ")
    assert script.espeak_text == "[[k|'a|t]], [[f|'A@]]!"
    assert [(word.word, word.start, word.end) for word in script.words] == [
        ("cat", 1, 4),
        ("far", 6, 9),
    ]


def test_a_text_with_an_unknown_word_has_no_script() -> None:
    assert write_script("cat dog", LEXICON) is None


def test_a_run_of_pauses_counts_as_one_pause() -> None:
    merged = merge_pauses(events(("k", 0), ("_:", 2), ("_", 3), ("", 4), ("a", 5)))
    assert [(event.name, event.sample // HOP_SAMPLES) for event in merged] == [
        ("k", 0),
        ("_", 2),
        ("a", 5),
    ]


def test_sounds_are_found_where_espeak_speaks_a_variant_of_them() -> None:
    starts = align_sounds(["k", "a", "t"], events(("k", 0), ("a", 3), ("t2", 6)))
    assert starts == [0, 3 * HOP_SAMPLES, 6 * HOP_SAMPLES]


def test_a_pause_that_was_not_made_has_no_start() -> None:
    assert align_sounds(["k", "_", "a"], events(("k", 0), ("a", 3))) == [0, None, 3 * HOP_SAMPLES]


def test_a_wrong_or_missing_phoneme_makes_the_alignment_fail() -> None:
    assert align_sounds(["k", "a", "t"], events(("k", 0), ("a", 3), ("z", 6))) is None
    assert align_sounds(["k", "a", "t"], events(("k", 0), ("a", 3))) is None
    assert align_sounds(["k"], []) is None


def test_durations_fill_the_audio_exactly() -> None:
    script = write_script("cat", LEXICON)
    assert script is not None
    starts = [frame * HOP_SAMPLES for frame in (6, 8, 14, 20)]
    durations = token_durations(script, starts, 32 * HOP_SAMPLES)
    assert durations.tolist() == [6, 2, 6, 6, 12]


def test_an_r_coloured_vowel_shares_its_time_with_the_r() -> None:
    script = write_script("far", LEXICON)
    assert script is not None
    starts = [frame * HOP_SAMPLES for frame in (0, 2, 12)]
    assert token_durations(script, starts, 20 * HOP_SAMPLES).tolist() == [0, 2, 6, 4, 8]


def test_a_late_l_gets_a_third_of_its_vowel() -> None:
    script = write_script("hill", LEXICON)
    assert script is not None
    starts = [frame * HOP_SAMPLES for frame in (0, 2, 13, 14)]
    assert token_durations(script, starts, 20 * HOP_SAMPLES).tolist() == [0, 2, 8, 4, 6]
