"""Abbreviations in full before the grammars see them, initials as letters after."""

import pytest

from nemo_voice_tts.text.abbreviations import expanded, spelled, with_final_stop


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("I live on King St. near the park.", "I live on King Street near the park."),
        ("He lives on King St.", "He lives on King Street."),
        ("The bus to St. Louis left.", "The bus to St. Louis left."),
        ("No. 5 and Nos. 6 and 7. No. Not", "number 5 and numbers 6 and 7. No. Not"),
        (
            "Fig. 3 in Vol. 2, pp. 4-5, p. 9, ch. 1",
            "figure 3 in volume 2, pages 4-5, page 9, chapter 1",
        ),
        (
            "Sen. Hill and Rep. Poe met Pres. Fox.",
            "Senator Hill and Representative Poe met President Fox.",
        ),
        ("Ask Prof. White. A prof. spoke.", "Ask Professor White. A prof. spoke."),
        ("On Mon., Tues. 5 and Sat. at noon", "On Monday, Tuesday 5 and Saturday at noon"),
        ("We lay in the sun. Sun. We swam.", "We lay in the sun. Sun. We swam."),
        ("Elm Blvd. and Oak Rd. here", "Elm Boulevard and Oak Road here"),
        ("Acme Inc. owns Foo Ltd.", "Acme Incorporated owns Foo Limited."),
        ("milk, etc. are here, etc.", "milk, et cetera are here, et cetera."),
        ("The desk is 3 ft. long.", "The desk is 3 ft long."),
        ("The desk is 3 ft. The end.", "The desk is 3 ft. The end."),
        ("~5 of them for 50¢", "approximately 5 of them for 50 cents"),
        ("approx. five", "approximately five"),
        ("nothing to do", "nothing to do"),
    ],
)
def test_abbreviations_are_expanded(written: str, read: str) -> None:
    assert expanded(written) == read


@pytest.mark.parametrize(
    ("spoken", "written", "ended"),
    [
        ("at seven PM", "at 7 p.m.", "at seven PM."),
        ('"at seven PM"', '"at 7 p.m."', '"at seven PM".'),
        ("so it is.", "so it is.", "so it is."),
        ("is it", "is it", "is it"),
    ],
)
def test_final_stop_comes_back(spoken: str, written: str, ended: str) -> None:
    assert with_final_stop(spoken, written) == ended


LEXICON = frozenset({"us", "nato", "stop", "it", "now"})


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("at seven PM in the US", "at seven P M in the U S"),
        ("at nine AM", "at nine ay M"),
        ("NATO and the FBI agreed", "NATO and the F B I agreed"),
        ("two CDs and a PC's screen", "two C Ds and a P C's screen"),
        ("STOP IT NOW", "STOP IT NOW"),
        ("STOP XYZQ NOW", "STOP X Y Z Q NOW"),
        ("I am here", "I am here"),
    ],
)
def test_initials_are_spelled(phrase: str, said: str) -> None:
    assert spelled(phrase, LEXICON) == said
