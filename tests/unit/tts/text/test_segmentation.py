"""Texts are cut at sentences and clauses, and what no English voice can say is refused."""

import random
import re
from typing import Any

import pytest

from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.text.cleaning import cleaned
from nemo_voice_tts.text.reading import read
from nemo_voice_tts.text.segmentation import phrases_of
from nemo_voice_tts.text.traced import Traced


def _phrases_of(text: str, **limits: Any) -> list[str]:
    return [phrase.text for phrase in phrases_of(cleaned(Traced.of(text)), **limits)]


def _cleaned(text: str) -> str:
    return cleaned(Traced.of(text)).text


def _without_blanks(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("It rains. It pours! Does it? Yes.", ["It rains.", "It pours!", "Does it?", "Yes."]),
        ("hello there. how are you", ["hello there.", "how are you"]),
        ("Dr. Smith met Mr. and Mrs. Hill.", ["Dr. Smith met Mr. and Mrs. Hill."]),
        ("She lives on King St. near Mt. Hood.", ["She lives on King St. near Mt. Hood."]),
        ("Come at 5 p.m. or at 9 a.m. today.", ["Come at 5 p.m. or at 9 a.m. today."]),
        ("We left at 5 p.m. The bus came.", ["We left at 5 p.m.", "The bus came."]),
        ("J. R. R. Tolkien wrote it.", ["J. R. R. Tolkien wrote it."]),
        ("He is in the U.S. Army now.", ["He is in the U.S. Army now."]),
        ("He is in the U.S. The sea is far.", ["He is in the U.S.", "The sea is far."]),
        ("So did I. Then we ate.", ["So did I.", "Then we ate."]),
        ("We took plan B. They did not.", ["We took plan B.", "They did not."]),
        ("It is 3.5 miles. It cost $1,234.56.", ["It is 3.5 miles.", "It cost $1,234.56."]),
        ("See no. 5 and p. 7. No. We go.", ["See no. 5 and p. 7.", "No.", "We go."]),
        ("Wait... what? Well... Yes.", ["Wait... what?", "Well...", "Yes."]),
        ('"Stop!" he said. "Go." She went.', ['"Stop!" he said.', '"Go."', "She went."]),
        (
            "(He left.) Then (so he said.) it rained.",
            ["(He left.)", "Then (so he said.) it rained."],
        ),
        ("Open https://a.com/b.c?d=e now. Done.", ["Open https://a.com/b.c?d=e now.", "Done."]),
        ("We met in 1999. Then we left.", ["We met in 1999.", "Then we left."]),
        ("1. Peel it. 2. Cook it.", ["1. Peel it.", "2. Cook it."]),
        ("The end.Next we go.", ["The end.", "Next we go."]),
        (
            "Hello.World! Wait...What?No.I left",
            ["Hello.", "World!", "Wait...", "What?", "No.", "I left"],
        ),
        (
            "(He left.)Then it rained in 2024.The end",
            ["(He left.)", "Then it rained in 2024.", "The end"],
        ),
        ("See Dr.Smith at example.com.Then go.", ["See Dr. Smith at example.com.", "Then go."]),
        (
            "Open Node.js, e.g.this, Readme.Md, U.S.A, 3.5.",
            ["Open Node.js, e.g.this, Readme.Md, U.S.A, 3.5."],
        ),
        (
            "Use java.lang.String or Console.WriteLine here",
            ["Use java.lang.String or Console.WriteLine here"],
        ),
        ("See a_name.Next and x@a.Example", ["See a_name.Next and x@a.Example"]),
        ("http://a.b/?Page=1.The", ["http://a.b/?Page=1.The"]),
        ("Yes. 😀 ... No.", ["Yes. ...", "No."]),
        ("... and so on.", ["... and so on."]),
        ("?! He. )", ["?! He. )"]),
        (" . Go", [". Go"]),
        ("", []),
    ],
)
def test_text_is_cut_at_sentences(text: str, phrases: list[str]) -> None:
    assert _phrases_of(text) == phrases


def test_long_sentence_is_cut_near_the_middle_at_a_clause() -> None:
    first = "it was the best of times, it was the worst of times, it was the age of wisdom,"
    second = "it was the age of foolishness; it was the season of light, of darkness too."

    assert _phrases_of(f"{first} {second}", max_chars=100) == [first, second]


def test_sentence_without_clauses_is_cut_at_a_conjunction_then_at_a_space() -> None:
    with_conjunction = "one two three four five six seven and eight nine ten eleven twelve"
    without = "one two three four five six seven eight nine ten eleven twelve"

    assert _phrases_of(with_conjunction, max_chars=40)[1].startswith("and eight")
    assert _phrases_of(without, max_chars=40) == [
        "one two three four five six",
        "seven eight nine ten eleven twelve",
    ]


def test_date_is_not_cut_at_its_comma() -> None:
    text = "the whole of the family met again on June 3, 2024 at the old house of theirs"

    assert any("June 3, 2024" in phrase for phrase in _phrases_of(text, max_chars=50))


def test_word_longer_than_a_phrase_is_cut() -> None:
    assert [len(phrase) for phrase in _phrases_of("x" * 700, max_chars=300)] == [300, 300, 100]


def test_first_phrase_ends_at_the_last_clause_within_its_limit() -> None:
    text = "Well, my friend, this sentence goes on for quite some time; and then it ends. More."

    assert _phrases_of(text, first_max_chars=30) == [
        "Well, my friend,",
        "this sentence goes on for quite some time; and then it ends.",
        "More.",
    ]


def test_first_phrase_without_clause_ends_before_a_conjunction() -> None:
    text = "The old man by the river said that nobody had ever come back from there"

    assert _phrases_of(text, first_max_chars=40) == [
        "The old man by the river said",
        "that nobody had ever come back from there",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Short enough.",
        "A sentence of words without any place for a breath in its first half so far",
        "A long way to go without a stop in a row of many words, ends",
    ],
)
def test_first_phrase_stays_whole_where_a_cut_would_sound_torn_off(text: str) -> None:
    limit = 30 if len(text) > 30 else 80

    assert _phrases_of(text, first_max_chars=limit)[0].startswith(text[:31])


WORDS = ("Dr.", "St.", "p.m.", "U.S.", "J.", "I", "the", "3.14", "$1,234.56", "no.", "5", "and")
MARKS = "\"'(),;:.!?-\n\té߀你—–“”…½\u200b😀"
PIECES = (*WORDS, *MARKS, "https://x.org/y?z=1", "word", "...", "\n\n", "  ", "a" * 50)


def test_nothing_is_lost_and_no_phrase_is_too_long_or_empty() -> None:
    chance = random.Random(7)  # noqa: S311 - any texts do
    for _ in range(150):
        blanks = ("", " ", " ")
        made = [chance.choice(PIECES) + chance.choice(blanks) for _ in range(chance.randrange(120))]
        text = "".join(made)

        phrases = _phrases_of(text, first_max_chars=chance.choice((None, 20, 80)), max_chars=100)

        assert _without_blanks("".join(phrases)) == _without_blanks(_cleaned(text))
        assert all(re.search(r"\w", phrase) for phrase in phrases[1:])
        # A few marks with nothing to say are joined to a phrase that may be full already.
        assert max(map(len, phrases), default=0) <= 100 + 20


def test_text_of_the_longest_request_is_cut_in_little_time() -> None:
    assert len(_phrases_of("Dr. " * 10_000, first_max_chars=80)) > 100
    assert _phrases_of("!? " * 10_000) == ["!? !"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“Don’t,” he said…", '"Don\'t," he said...'),
        ("now — or never–land", "now, or never-land"),
        ("10–20 people – or more", "10-20 people, or more"),
        ("a\u200bb\ufe0f\u00a0c\td\x00e", "ab c d e"),
        ("nice 👍🏽 day 🇩🇪!", "nice day !"),
        (
            "Straße, smørrebrød, cœur, Łódź",
            "Strasse, smorrebrod, coeur, Lódź",
        ),
        ("ＡＢＣ １２３！ ﬁne 𝐇𝐢 ٣", "ABC 123! fine Hi 3"),
        ("good 你好 day мир", "good day"),
        ("café €5 25°C ½ π µ ™", "café €5 25°C 1/2 π µ ™"),
        ("one\u2029two\nthree", "one two three"),
        ("====\nTitle\n----- !!!!!!!!!!!!", "Title !!!"),
    ],
)
def test_cleaned_text_holds_what_a_voice_can_say(text: str, plain: str) -> None:
    assert _cleaned(text) == plain


@pytest.mark.parametrize("text", ["Hi", "café", "é", "ok 你", "¿Qué?", "Ünïcödé", "𝐇𝐢"])
def test_text_with_latin_letters_or_digits_is_speakable(text: str) -> None:
    assert read(text)[0].text == _cleaned(text)


def test_text_of_one_digit_is_speakable() -> None:
    assert [phrase.text for phrase in read("5")] == ["five"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("😀 👍", "no letter or digit"),
        ("?!... -- ()", "no letter or digit"),
        ("你好世界", "Chinese"),
        ("こんにちは 世界", "Japanese"),
        ("カタカナ", "Japanese"),
        ("안녕하세요", "Korean"),
        ("Привет, John", "Cyrillic"),
        ("مرحبا بك", "Arabic"),
        ("नमस्ते", "Devanagari"),
        ("Ελληνικά", "Greek"),
        ("שלום 5", "Hebrew"),
    ],
)
def test_unspeakable_text_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UnspeakableText, match=reason):
        read(text)


def test_thousands_of_blanks_are_one() -> None:
    blanks = " \t" * 50_000
    assert _cleaned(f"a{blanks}b") == "a b"
    assert _cleaned(f"a{blanks}--{blanks}b") == "a, b"
