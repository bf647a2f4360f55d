"""A text that does not say what it is written in."""

import pytest

from nemo_voice_tts.text.insets import Insets
from nemo_voice_tts.text.structure.blocks import TextFormat
from nemo_voice_tts.text.structure.reader import blocks_of


def _texts(text: str, text_format: TextFormat = TextFormat.AUTO) -> list[str]:
    return [block.text.text for block in blocks_of(text, text_format, Insets())]


@pytest.mark.parametrize(
    "text",
    [
        "snake_case and __init__ and __init__.py",
        "_private and x_1",
        "5 * 3",
        "2*3*4 and 5*3 and 4*2",
        "2 *3 + 4* 5",
        "f*ck and sh*t",
        "**kwargs and *args",
        "Price* applies. *Terms apply.",
        "rated 5* and 4* hotels",
        "#",
        "#1",
        "# 5",
        "C# and F#",
        "a < b > c",
        "a<b and c>d",
        "i<p and q>r",
        "under <$5",
        "List<String> x",
        "use the <b> tag",
        "I <3 you",
        "~5 and ~6",
        "[1] and [sic]",
        "handlers[name](event)",
        "matrix[0][1]",
        "[Note]: important",
        "the class [^a-z]",
        "|x| + |y|",
        "a | b",
        "> 5",
        "> $5",
        "x > 5",
        "AT&T and R&D; and Q&A",
        "C:\\new\\file",
        "\\[x\\] \\(y\\)",
        "$5 and $10",
        "`",
        "it's 5` long",
        "https://a.example/_x_/c_d?e=*f*",
        "1985. It was a year.",
        "1. Rest.",
        "!important",
        "a*",
        "_",
        "__",
        "x ** y",
        "<",
        "<>",
        "</",
        "&",
        "&;",
        "&amp",
        "\\",
    ],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert _texts(text) == [text]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("$x_1 = y_1$ and \\(a_1*b*c\\) $$E = m$$", ["x_1 = y_1 and a_1*b*c E = m"]),
        ("a[^b] c\n\n[^b]: d", ["a c", "d"]),
        ("[x] a\n[ ] b", ["a", "b"]),
        ("- 5 degrees", ["-5 degrees"]),
        ("+ 5 points", ["+5 points"]),
        ("- hello", ["hello"]),
        ("> quoted", ["quoted"]),
        ("> 5\n> 6", ["5 6"]),
        ("# One", ["One"]),
        ("Tom &amp; &#74;erry", ["Tom & Jerry"]),
        ("__very__ and __init__", ["very and __init__"]),
        ("a <b>b</b> <c>", ["a b <c>"]),
        ("a<br>b", ["a", "b"]),
        ("<p>a</p> 5*3*2", ["a", "5*3*2"]),
        ("<!DOCTYPE html><title>x</title>a", ["a"]),
        ("Wait <break time='1s'/> for it.", ["Wait", "for it."]),
        ("<sub alias='b'>a</sub> &amp; c", ["b & c"]),
        ("Wait <break time='1s'> for it.", ["Wait <break time='1s'> for it."]),
        ("The <break> tag", ["The <break> tag"]),
        ("<speaker>a</speaker>", ["<speaker>a</speaker>"]),
        ("\ufeff<speak>a</speak>", ["a"]),
        ("a\r\n\r\nb\rc", ["a", "b c"]),
        ("a\u2029b\u2028c", ["a", "b c"]),
        ("a\x1eb", ["a b"]),
        ("a\ud800b", ["a b"]),
        ("a\U000f0000b", ["a b"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_markup_is_found_where_nothing_else_can_be_meant(text: str, blocks: list[str]) -> None:
    assert _texts(text) == blocks


@pytest.mark.parametrize(
    ("text_format", "blocks"),
    [
        (TextFormat.PLAIN, ["<p>*a*</p> &amp; b"]),
        (TextFormat.MARKDOWN, ["a", "& b"]),
        (TextFormat.HTML, ["*a*", "& b"]),
        (TextFormat.AUTO, ["*a*", "& b"]),
    ],
)
def test_a_text_is_read_as_it_says(text_format: TextFormat, blocks: list[str]) -> None:
    assert _texts("<p>*a*</p> &amp; b", text_format) == blocks
