"""Markdown: where each block stands in the source, and the pause after it."""

import pytest

from nemo_voice_tts.text.structure.blocks import (
    HEADING_PAUSE_S,
    ITEM_PAUSE_S,
    LINE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
    RULE_PAUSE_S,
)
from nemo_voice_tts.text.structure.markdown import markdown_blocks
from nemo_voice_tts.text.traced import Traced


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("This is **very** so.", [("This is very so.", "This is **very** so.")]),
        ("**All** of *it*", [("All of it", "All** of *it")]),
        ("[the docs](https://a.example/d) a", [("the docs a", "the docs](https://a.example/d) a")]),
        # What follows a link is not found inside its address.
        ("[docs](u)u x", [("docsu x", "docs](u)u x")]),
        ("x `code` y", [("x code y", "x `code` y")]),
        ("Tom &amp; &copy;", [("Tom & ©", "Tom &amp; &copy;")]),
        ("# Title #\ntext", [("Title", "Title"), ("text", "text")]),
        ("> one\n> two\n\nout", [("one two", "one\n> two"), ("out", "out")]),
        ("- a\n  b\n- c", [("a b", "a\n  b"), ("c", "c")]),
        ("  1. a\n  2. b", [("1. a", "1. a"), ("2. b", "2. b")]),
        ("1. a\n1. b", [("1. a", "1. a"), ("2. b", "1. b")]),
        ("|a|b|\n|-|-|\n|1|x \\| y|\n|a|b|", [
            ("a, b", "a|b"), ("1, x | y", "1|x \\| y"), ("a, b", "a|b"),
        ]),
        ("![An *old* bird](a.png)", [("An old bird", "![An *old* bird](a.png)")]),
        ("![An old bird](a.png) x", [("An old bird  x", "![An old bird](a.png) x")]),
        ("```py\nx = 1\n\ny = 2\n```", [("x = 1", "x = 1"), ("y = 2", "y = 2")]),
        ("a <b>b</b><br>c", [("a b", "a <b>b"), ("c", "c")]),
        ("é **ü** ☺ \\* x", [("é ü ☺ * x", "é **ü** ☺ \\* x")]),
        ("\ta\n\t\tb", [("a", "a"), ("b", "b")]),
        ("a[^1] b\n\n[^1]: note", [("a b", "a[^1] b"), ("note", "note")]),
    ],
)  # fmt: skip
def test_blocks_know_where_they_were_written(text: str, blocks: list[tuple[str, str]]) -> None:
    made = markdown_blocks(Traced.of(text))
    assert [(one.text.text, text[slice(*one.text.span)]) for one in made] == blocks


def test_every_character_knows_where_it_was_written() -> None:
    text = "- A **bold** [link](x) &lt;5\n\n| h |\n|---|\n| `c` |"
    for block in markdown_blocks(Traced.of(text)):
        traced = block.text
        for place, character in enumerate(traced.text):
            written = text[traced.starts[place] : traced.ends[place]]
            assert written in {character, "&lt;" if character == "<" else "", "\n"}


@pytest.mark.parametrize(
    ("text", "pauses"),
    [
        ("a\n\nb\n\nc", [PARAGRAPH_PAUSE_S, PARAGRAPH_PAUSE_S, 0.0]),
        ("# a\nb", [HEADING_PAUSE_S, 0.0]),
        ("- a\n- b\n\nc", [ITEM_PAUSE_S, PARAGRAPH_PAUSE_S, 0.0]),
        ("- a\n  - b\n- c\n\nd", [ITEM_PAUSE_S, ITEM_PAUSE_S, PARAGRAPH_PAUSE_S, 0.0]),
        ("- a\n\n- b\n\nc", [ITEM_PAUSE_S, PARAGRAPH_PAUSE_S, 0.0]),
        ("a\n\n---\n\nb", [RULE_PAUSE_S, 0.0]),
        ("a  \nb", [LINE_PAUSE_S, 0.0]),
        ("|a|\n|-|\n|b|\n\nc", [ITEM_PAUSE_S, PARAGRAPH_PAUSE_S, 0.0]),
        ("a\n\n", [0.0]),
    ],
)
def test_a_block_is_followed_by_the_pause_of_its_kind(text: str, pauses: list[float]) -> None:
    assert [block.pause_s for block in markdown_blocks(Traced.of(text))] == pauses
