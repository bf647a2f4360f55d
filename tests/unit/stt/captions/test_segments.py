"""Words become segments: at pauses, at sentence ends, and before they grow too long."""

from nemo_voice_stt.captions.segments import LONGEST_S, segments_of
from nemo_voice_stt.transcription.port import Word


def words(*timed: tuple[str, float, float]) -> list[Word]:
    return [Word(text, start_s, end_s) for text, start_s, end_s in timed]


def test_no_words_make_no_segments() -> None:
    assert segments_of([]) == []


def test_a_pause_ends_a_segment() -> None:
    made = segments_of(words(("good", 0.0, 0.3), ("morning", 0.4, 0.9), ("all", 1.8, 2.0)))
    assert [segment.text for segment in made] == ["good morning", "all"]
    assert (made[0].start_s, made[0].end_s) == (0.0, 0.9)


def test_the_end_of_a_sentence_ends_a_segment() -> None:
    made = segments_of(words(("Yes.", 0.0, 0.3), ("No", 0.4, 0.9)))
    assert [segment.text for segment in made] == ["Yes.", "No"]


def test_a_segment_never_outgrows_its_limit() -> None:
    endless = [Word("word", place * 0.5, place * 0.5 + 0.4) for place in range(500)]
    made = segments_of(endless)
    assert len(made) > 1
    assert all(segment.end_s - segment.start_s <= LONGEST_S for segment in made)
    assert sum(len(segment.words) for segment in made) == 500


def test_words_without_spaces_between_them_make_a_text_without_spaces() -> None:
    said = [
        Word("今日", 0.0, 0.3),
        Word("は。", 0.3, 0.5, is_joined=True),
        Word("はい", 0.5, 0.9, is_joined=True),
    ]
    assert [segment.text for segment in segments_of(said)] == ["今日は。", "はい"]
