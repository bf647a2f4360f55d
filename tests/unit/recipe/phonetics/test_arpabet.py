"""The CMU dictionary's alphabet in espeak's notation."""

from recipe.phonetics.arpabet import Sound, is_vowel, same_sound, to_espeak


def test_a_consonant_has_no_stress() -> None:
    assert to_espeak(["CH"]) == [Sound("tS", "", 1)]


def test_a_stressed_vowel_carries_the_mark_of_its_stress() -> None:
    assert to_espeak(["OW1"]) == [Sound("oU", "'", 1)]
    assert to_espeak(["OW2"]) == [Sound("oU", ",", 1)]


def test_a_schwa_and_its_stressed_form_are_different_sounds() -> None:
    assert to_espeak(["AH0"])[0].name == "@"
    assert to_espeak(["AH1"])[0].name == "V"


def test_a_vowel_and_a_closing_r_become_one_sound() -> None:
    assert to_espeak(["F", "AO1", "R"]) == [Sound("f", "", 1), Sound("O@", "'", 2)]


def test_an_r_before_a_vowel_stays_a_consonant() -> None:
    sounds = to_espeak(["S", "T", "AO1", "R", "IY0"])
    assert [sound.name for sound in sounds] == ["s", "t", "O:", "r", "i"]


def test_the_sounds_stand_for_all_tokens() -> None:
    phonemes = ["HH", "AW1", "S", "AH0", "L", "D", "W", "AA1", "R"]
    assert sum(sound.token_count for sound in to_espeak(phonemes)) == len(phonemes)


def test_a_flapped_t_is_still_a_t() -> None:
    assert same_sound("t", "t2")
    assert not same_sound("t", "d")


def test_vowels_are_recognised_by_their_stress_digit() -> None:
    assert is_vowel("ER0")
    assert not is_vowel("R")
