"""Which words of changing transcripts are shown."""

from hypothesis import given
from hypothesis import strategies as st

from nemo_voice_stt.realtime.agreement import Agreement


def shown(*passes: str) -> list[str]:
    """Returns what each pass lets be shown."""
    agreement = Agreement()
    return [agreement.follow(text) for text in passes]


def test_a_word_is_shown_once_two_passes_agree_on_it() -> None:
    assert shown("good", "good morn", "good morning how", "good morning how are") == [
        "",
        "good",
        "",
        " morning how",
    ]


def test_nothing_is_taken_back_when_a_pass_changes_its_mind() -> None:
    assert shown("ice cream", "ice cream", "I scream", "I scream today", "I scream today") == [
        "",
        "ice cream",
        "",
        "",
        " today",
    ]


def test_a_shorter_pass_shows_nothing() -> None:
    assert shown("one two", "one two", "one", "one two three") == ["", "one two", "", ""]


def test_text_that_no_pass_will_change_is_shown_at_once() -> None:
    agreement = Agreement()
    agreement.follow("one")
    agreement.follow("one two")
    assert agreement.settle("one two three") == " two three"
    assert agreement.text == "one two three"


def test_text_without_spaces_is_shown_character_by_character() -> None:
    assert shown("今日", "今日は良い", "今日は良い天気です。", "今日は良い天気です。") == [
        "",
        "今日",
        "は良い",
        "天気です。",
    ]


def test_words_within_text_without_spaces_are_shown_whole() -> None:
    assert shown("新しいiPho", "新しいiPhoneを", "新しいiPhoneを買う") == [
        "",
        "新しい",
        "iPhoneを",
    ]


def test_a_space_that_passes_disagree_on_is_held_back() -> None:
    assert shown("東京タワー", "東京 タワー", "東京 タワー") == ["", "東京", " タワー"]


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"])).map(" ".join)))
def test_what_is_shown_joins_to_whole_words(passes: list[str]) -> None:
    agreement = Agreement()
    joined = "".join(agreement.follow(text) for text in passes)
    assert joined == agreement.text == " ".join(joined.split())
