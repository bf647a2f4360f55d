"""Tokens become the words a reader expects, in every script and with every mark of punctuation."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_stt.backends.transducer_ctc.tokens import Token
from nemo_voice_stt.backends.transducer_ctc.word_times import Timing, words_of
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.writing import joined

TIMING = Timing(frame_s=0.08, duration_s=100.0)
MARKS = [
    chr(point)
    for point in range(sys.maxunicode + 1)
    if unicodedata.category(chr(point))[0] in "PS" and chr(point) != "▁"
]


def heard(*pieces: str) -> tuple[Word, ...]:
    tokens = [Token(number, piece, number, number + 1) for number, piece in enumerate(pieces)]
    return words_of(
        tokens, TIMING, lambda numbers: "".join(pieces[n] for n in numbers).replace("▁", " ")
    )


def texts(spelled: str) -> list[str]:
    return [word.text for word in heard(*spelled.split(" "))]


@pytest.mark.parametrize(
    ("spelled", "words"),
    [
        ("▁costs ▁$ 5", ["costs", "$5"]),
        ("▁costs ▁$ ▁5 ▁now", ["costs", "$5", "now"]),
        ("▁5 ▁€ ▁more", ["5", "€", "more"]),
        ("▁5 ▁€ ▁3 ▁times", ["5", "€", "3", "times"]),
        ('▁said ▁" hello "', ["said", '"hello"']),
        ('▁said ▁" ▁hello ▁" ▁and ▁" bye "', ["said", '"hello"', "and", '"bye"']),
        ('▁said , ▁" hello . " ▁He', ["said,", '"hello."', "He"]),
        ("▁see ▁( page )", ["see", "(page)"]),
        ("▁see ▁( ▁page ▁7 ▁) ▁.", ["see", "(page", "7)."]),
        ("▁[ a ] ▁{ b } ▁⟨ c ⟩", ["[a]", "{b}", "⟨c⟩"]),
        ("▁¿ Qué ▁hora ▁es ? ▁¡ Ya !", ["¿Qué", "hora", "es?", "¡Ya!"]),
        ("▁¿ ▁Qué ▁? ▁— ▁dijo", ["¿Qué?", "—", "dijo"]),
        ("▁dijo ▁« sí » ▁y", ["dijo", "«sí»", "y"]),
        ("▁dit ▁« ▁oui ▁» ▁?", ["dit", "«oui»?"]),
        ("▁er ▁sagt ▁„ ja “ ▁und ▁» nein «", ["er", "sagt", "„ja“", "und", "»nein«"]),
        ("▁er ▁sagt ▁„ ▁ja ▁“ ▁und", ["er", "sagt", "„ja“", "und"]),
        ("▁she ▁said ▁“ ▁no ▁” ▁then", ["she", "said", "“no”", "then"]),
        ("▁don ' t ▁' cause ▁dogs ' ▁end", ["don't", "'cause", "dogs'", "end"]),
        ("▁. 5 ▁and ▁- 3 ▁and ▁# 1 ▁@ home", [".5", "and", "-3", "and", "#1", "@home"]),
        ("▁R ▁& ▁D ▁at ▁50 ▁%", ["R", "&", "D", "at", "50", "%"]),
        ("▁well - known ▁co - op", ["well-known", "co-op"]),
        ("▁wait ▁... ▁what ▁? !", ["wait...", "what?!"]),
        ('▁( " a " )', ['("a")']),
        ("▁3 . 5 ▁km / h", ["3.5", "km/h"]),
        ("▁Straße ▁Łódź ▁ça", ["Straße", "Łódź", "ça"]),
        ("▁что ▁это ▁?", ["что", "это?"]),
        ("▁क् या ▁है ▁।", ["क्या", "है।"]),
        ("▁안녕 하세요 ▁?", ["안녕하세요?"]),
        ("▁ a b ▁ , ▁ c", ["ab,", "c"]),
        ("▁ h o l a ▁ ¿ s í ?", ["hola", "¿sí?"]),
        ('▁"', ['"']),
        (". ▁yes", [".", "yes"]),
        ("▁", []),
        ("▁▁ a ▁", ["a"]),
    ],
)
def test_marks_stay_with_the_word_they_belong_to(spelled: str, words: list[str]) -> None:
    assert texts(spelled) == words


@pytest.mark.parametrize(
    ("spelled", "words"),
    [
        ("▁今日 は いい 天気 です 。 そう", ["今日", "は", "いい", "天気", "です。", "そう"]),
        ("「 東京 」 に 行 っ た ー 。", ["「東京」", "に", "行っ", "たー。"]),
        ("▁今 日 、 N H K の 2 5 時", ["今", "日、", "NHK", "の", "25", "時"]),
        ("は （ 笑 ） と", ["は", "（笑）", "と"]),
        ("人 々 の コ ン ピ ュ ー タ", ["人々", "の", "コ", "ン", "ピュー", "タ"]),
        ("我 love 你 ！", ["我", "love", "你！"]),
        ("▁ส วัส ดี ครับ", ["ส", "วัส", "ดี", "ครับ"]),
        ("ก า ร", ["กา", "ร"]),
    ],
)
def test_words_of_scripts_without_spaces_are_joined(spelled: str, words: list[str]) -> None:
    found = heard(*spelled.split(" "))
    assert [word.text for word in found] == words
    assert [word.is_joined for word in found] == [False, *[True] * (len(words) - 1)]
    assert joined(found) == spelled.replace(" ", "").replace("▁", "")


def test_a_space_between_words_of_such_a_script_is_kept() -> None:
    assert joined(heard("▁สวัส", "ดี", "▁ครับ")) == "สวัสดี ครับ"


def test_every_mark_before_a_letter_begins_its_word() -> None:
    written = {mark: [word.text for word in heard("▁see", f"▁{mark}", "page")] for mark in MARKS}
    assert written == {mark: ["see", f"{mark}page"] for mark in MARKS}


def test_every_mark_without_a_space_before_it_ends_its_word() -> None:
    written = {mark: [word.text for word in heard("▁page", mark, "▁is")] for mark in MARKS}
    assert written == {mark: [f"page{mark}", "is"] for mark in MARKS}


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("Ps", ["one", "#two"]),
        ("Pe", ["one#", "two"]),
        ("Pi", ["one", "#two"]),
        ("Pf", ["one#", "two"]),
        ("Pd", ["one", "#", "two"]),
        ("Sm", ["one", "#", "two"]),
        ("So", ["one", "#", "two"]),
        ("Sc", ["one", "#", "two"]),
    ],
)
def test_every_mark_between_spaces_leans_as_its_category_does(
    category: str, expected: list[str]
) -> None:
    marks = [mark for mark in MARKS if unicodedata.category(mark) == category]
    for mark in marks:
        written = [word.text for word in heard("▁one", f"▁{mark}", "▁two")]
        assert written == [word.replace("#", mark) for word in expected]
    assert len(marks) > 5


def test_every_currency_between_spaces_stays_with_its_number() -> None:
    for mark in (mark for mark in MARKS if unicodedata.category(mark) == "Sc"):
        assert [word.text for word in heard("▁one", f"▁{mark}", "▁2")] == ["one", f"{mark}2"]


PIECES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), max_size=3)


@settings(deadline=None, database=None, derandomize=True)
@given(st.lists(st.tuples(st.booleans(), PIECES), max_size=12))
def test_no_character_is_lost(spelled: list[tuple[bool, str]]) -> None:
    pieces = [f"{'▁' * has_space}{text}" for has_space, text in spelled]
    words = heard(*pieces)
    written = "".join(pieces).replace("▁", "")
    assert "".join(word.text for word in words).replace(" ", "") == written
    assert joined(words).replace(" ", "") == written
    assert all(word.text for word in words)
    numbers = [token.number for word in words for token in word.tokens]
    assert numbers == sorted(set(numbers))
    assert sum(len(pieces[number].replace("▁", "")) for number in numbers) == len(written)


@settings(deadline=None, database=None, derandomize=True)
@given(st.lists(st.tuples(st.booleans(), st.text("abcñßи5", min_size=1, max_size=3)), min_size=1))
def test_letters_are_parted_where_the_tokens_have_a_space(spelled: list[tuple[bool, str]]) -> None:
    pieces = [f"{'▁' * has_space}{text}" for has_space, text in spelled]
    assert joined(heard(*pieces)) == "".join(pieces).replace("▁", " ").strip()


def test_opening_marks_that_come_early_do_not_lengthen_a_word() -> None:
    tokens = [Token(0, "▁(", 1, 2), Token(1, "page", 10, 12), Token(2, ")", 30, 31)]
    (word,) = words_of(
        tokens, TIMING, lambda numbers: "".join(["(", "page", ")"][n] for n in numbers)
    )
    assert (word.text, word.start_s, word.end_s) == ("(page)", 0.8, 0.96)


def test_a_currency_is_said_with_its_number() -> None:
    tokens = [Token(0, "▁$", 5, 6), Token(1, "5", 10, 12)]
    (word,) = words_of(tokens, TIMING, lambda numbers: "".join("$5"[n] for n in numbers))
    assert (word.start_s, word.end_s) == (0.4, 0.96)
