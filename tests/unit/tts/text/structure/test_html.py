"""HTML: where each block stands in the source, and the pause after it."""

import pytest

from nemo_voice_tts.text.structure.blocks import (
    HEADING_PAUSE_S,
    ITEM_PAUSE_S,
    LINE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
    RULE_PAUSE_S,
)
from nemo_voice_tts.text.structure.html import html_blocks
from nemo_voice_tts.text.structure.html_tags import real_tags, tags
from nemo_voice_tts.text.traced import Traced


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        (
            "<p>Big <b>words</b></p><p>Tom &amp; &eacute;</p>",
            [
                ("Big words", "Big <b>words", PARAGRAPH_PAUSE_S),
                ("Tom & é", "Tom &amp; &eacute;", 0.0),
            ],
        ),
        ("<h1>A</h1>b", [("A", "A", HEADING_PAUSE_S), ("b", "b", 0.0)]),
        ("a<br>b", [("a", "a", LINE_PAUSE_S), ("b", "b", 0.0)]),
        ("a<br><br>b", [("a", "a", PARAGRAPH_PAUSE_S), ("b", "b", 0.0)]),
        ("a<hr>b", [("a", "a", RULE_PAUSE_S), ("b", "b", 0.0)]),
        (
            "<ul><li>a<ul><li>b</ul><li>c</ul>d",
            [
                ("a", "a", ITEM_PAUSE_S),
                ("b", "b", ITEM_PAUSE_S),
                ("c", "c", PARAGRAPH_PAUSE_S),
                ("d", "d", 0.0),
            ],
        ),
        ("<ol><li>a</ol>", [("1. a", "<li>a", 0.0)]),
        (
            "<table><tr><td>a<td>b<tr><td>c</table>",
            [("a, b", "a<td>b", ITEM_PAUSE_S), ("c", "c", 0.0)],
        ),
        ("a\n  <!-- no -->\n b", [("a  b", "a\n  <!-- no -->\n b", 0.0)]),
        ("<p hidden>a<p>b", [("b", "b", 0.0)]),
        ("<head><title>x</title><body>b", [("b", "b", 0.0)]),
        ("a<script>b", [("a", "a", 0.0)]),
        ("a<b", [("a<b", "a<b", 0.0)]),
        ("2&sup3; &xyz; &copy", [("2³ &xyz; ©", "2&sup3; &xyz; &copy", 0.0)]),
        ("5&ltbr>x", [("5<br>x", "5&ltbr>x", 0.0)]),
        ("2<sup>10</sup>", [("2¹⁰", "2<sup>10", 0.0)]),
        ("x<sup>n</sup>", [("x^n", "x<sup>n", 0.0)]),
        ("<img alt='a &amp; b' src=x>", [("a & b", "<img alt='a &amp; b' src=x>", 0.0)]),
    ],
)
def test_blocks_of_html(text: str, blocks: list[tuple[str, str, float]]) -> None:
    made = html_blocks(Traced.of(text))
    assert [(one.text.text, text[slice(*one.text.span)], one.pause_s) for one in made] == blocks


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a <b and c> d </b>", set()),
        ("<b>a", set()),
        ("a</b>", set()),
        ("<b>a</b> <i>", {"b"}),
        ("a<br/>b<hr>c<img src=x>", {"br", "hr", "img"}),
        ("<p>a<p>b</p><li>", {"p", "li"}),
        ("<a href=x>y</a>", {"a"}),
        ("<List>a</List>", set()),
        ("<details open><summary>x</summary></details>", {"details", "summary"}),
        ("<B>x</b>", {"b"}),
    ],
)
def test_only_what_html_writes_is_surely_a_tag(text: str, names: set[str]) -> None:
    assert real_tags(text) == names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<a title='x > y' b=c D>", [("a", {"title": "x > y", "b": "c", "d": ""})]),
        ("<a title='never closed>x", [("a", {"title": "never closed"})]),
        ("<!-- <b> --><i>", [("", {}), ("i", {})]),
        ("<!-- <b>", [("", {}), ("b", {})]),
        ("<!x><?y>", [("", {}), ("", {})]),
        ("< b> <5> <>", []),
        ("<script><b></script>", [("script", {}), ("script", {})]),
        ("<a&amp;b>", [("a&amp;b", {})]),
    ],
)
def test_tags_and_their_attributes(text: str, found: list[tuple[str, dict[str, str]]]) -> None:
    assert [(tag.name, tag.attributes) for tag in tags(text)] == found
