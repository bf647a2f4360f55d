"""Pronunciations in IPA, X-SAMPA and ARPAbet, in the alphabet of the CMU dictionary."""

import pytest

from nemo_voice_tts.errors import UnknownPhoneme
from nemo_voice_tts.text.phonemes import Alphabet, Pronunciation, arpabet, ipa


@pytest.mark.parametrize(
    ("written", "sounds"),
    [
        ("təˈmeɪtoʊ", "T AH0 M EY1 T OW0"),
        ("təˈmɑːtəʊ", "T AH0 M AA1 T OW0"),
        ("/pɪˈkɑn/", "P IH0 K AA1 N"),
        ("[ˈt͡ʃɪldɹən]", "CH IH1 L D R AH0 N"),
        ("ˈt͜ʃɪldrən", "CH IH1 L D R AH0 N"),
        ("ˈbʌtər", "B AH1 T ER0"),
        ("ˈbɜːd", "B ER1 D"),
        ("ˌjuːnɪˈvɜrsɪti", "Y UW2 N IH0 V ER1 S IH0 T IY0"),
        ("ˈɡaɪ̯d", "G AY1 D"),
        ("gaid", "G AY1 D"),
        ("ˈbʌtn̩", "B AH1 T AH0 N"),
        ("ˈbɒt.l̩", "B AA1 T AH0 L"),
        ("həˈləʊ ˈwɜːld", "HH AH0 L OW1   W ER1 L D"),
        ("kæt", "K AE1 T"),
        ("ðə", "DH AH1"),
        ("əbaʊt", "AH0 B AW1 T"),
        ("ˈhweə", "HH W EH1 AH0"),
        ("ʍɪtʃ", "HH W IH1 CH"),
        ("θɹiː", "TH R IY1"),
        ("ˈpʰiːtsə", "P IY1 T S AH0"),
        ("'si:kwəl", "S IY1 K W AH0 L"),
    ],
)
def test_ipa_becomes_the_sounds_of_the_dictionary(written: str, sounds: str) -> None:
    assert " ".join(arpabet(Pronunciation(written))) == sounds


@pytest.mark.parametrize(
    ("written", "sounds"),
    [
        ("T AH0 M EY1 T OW2", "T AH0 M EY1 T OW2"),
        ("t ah m ey1 t ow", "T AH0 M EY1 T OW0"),
        ("{@T}{@AH0}{@M}{@EY1}{@T}{@OW2}", "T AH0 M EY1 T OW2"),
        ("K-AE-T", "K AE1 T"),
        ("B AX T EN", "B AH1 T AH0 N"),
    ],
)
def test_arpabet_stays_what_it_is(written: str, sounds: str) -> None:
    assert " ".join(arpabet(Pronunciation(written, Alphabet.ARPABET))) == sounds


@pytest.mark.parametrize(
    ("written", "sounds"),
    [
        ('t@"meItoU', "T AH0 M EY1 T OW0"),
        ('p@"kA:n', "P AH0 K AA1 N"),
        ('"tSIldr@n', "CH IH1 L D R AH0 N"),
        ('"b3:d', "B ER1 D"),
        ('"bVt@`', "B AH1 T ER0"),
    ],
)
def test_x_sampa_is_ipa_in_ascii(written: str, sounds: str) -> None:
    assert " ".join(arpabet(Pronunciation(written, Alphabet.X_SAMPA))) == sounds


@pytest.mark.parametrize(
    ("pronunciation", "sound"),
    [
        (Pronunciation("bɔ̃ˈʒuʁ"), "ɔ̃"),
        (Pronunciation("ˈbaχ"), "χ"),
        (Pronunciation("myːzli"), "y"),
        (Pronunciation("kæt5"), "5"),
        (Pronunciation("K AE1 TT", Alphabet.ARPABET), "TT"),
        (Pronunciation("K1 AE1 T", Alphabet.ARPABET), "K1"),
        (Pronunciation("bax", Alphabet.X_SAMPA), "x"),
    ],
)
def test_a_sound_that_english_has_not_is_named(pronunciation: Pronunciation, sound: str) -> None:
    with pytest.raises(UnknownPhoneme, match=f"no sound '{sound}'"):
        arpabet(pronunciation)


@pytest.mark.parametrize("written", ["", " ", "ˈ", "//", "."])
def test_a_pronunciation_without_a_sound_is_refused(written: str) -> None:
    with pytest.raises(UnknownPhoneme, match="no phoneme"):
        arpabet(Pronunciation(written))


@pytest.mark.parametrize(
    ("pronunciation", "written"),
    [
        (Pronunciation("T AH0 M EY1 T OW2", Alphabet.ARPABET), "təmˈeɪtˌoʊ"),
        (Pronunciation("B ER1 D ER0", Alphabet.ARPABET), "bˈɝdɚ"),
        (Pronunciation("/gaɪ̯d/"), "ɡaɪd"),
        (Pronunciation('t@"meItoU', Alphabet.X_SAMPA), "təˈmeɪtoʊ"),
    ],
)
def test_all_alphabets_become_ipa(pronunciation: Pronunciation, written: str) -> None:
    assert ipa(pronunciation) == written
