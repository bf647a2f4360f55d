"""Words and passages follow each other with a space, but for scripts that write none."""

import pytest

from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.transcription import Passage, transcript_of
from nemo_voice_stt.transcription.writing import joined, joined_passages, parts_of


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["good", "", "morning"], "good morning"),
        (["", ""], ""),
        ([], ""),
        (["今日は。", "いい天気"], "今日は。いい天気"),
        (["今日は。", "", "「はい」"], "今日は。「はい」"),
        (["今日は", "OK", "です"], "今日は OK です"),
        (["안녕", "하세요"], "안녕 하세요"),
        (["สวัสดี", "ครับ"], "สวัสดี ครับ"),
    ],
)
def test_passages_are_parted_by_a_space_unless_both_are_ideographic(
    texts: list[str], whole: str
) -> None:
    assert joined_passages(texts) == whole


def test_the_words_of_a_transcript_spell_its_text_over_its_passages() -> None:
    passages = [
        Passage("今日は。", (Word("今日", 0, 1), Word("は。", 1, 2, is_joined=True)), 0, 2),
        Passage("", (), 2, 3),
        Passage("はい OK", (Word("はい", 3, 4), Word("OK", 4, 5)), 3, 5),
        Passage("yes", (Word("yes", 5, 6),), 5, 6),
    ]
    transcript = transcript_of(passages)
    assert transcript.text == "今日は。はい OK yes"
    assert joined(transcript.words) == transcript.text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("good morning", ["good", " morning"]),
        ("c'est déjà", ["c'est", " déjà"]),
        ("は い", ["は", " い"]),
        ("iPhoneを3台。", ["iPhone", "を", "3", "台", "。"]),
        ("안녕 하세요", ["안녕", " 하세요"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("か\u3099", ["か\u3099"]),
    ],
)
def test_parts_are_words_or_characters_of_scripts_without_spaces(
    text: str, parts: list[str]
) -> None:
    assert parts_of(text) == parts
    assert "".join(parts) == text
