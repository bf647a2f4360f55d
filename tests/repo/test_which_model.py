"""The page that recommends models names none that is not served, and marks each figure."""

import re

import pytest

from nemo_voice_serving.model_kinds.judgement import described, why_not
from nemo_voice_serving.model_kinds.kinds import Role
from support.docs.repository import ROOT
from support.models.look_alikes import PUBLISHED, config_of

PAGE = (ROOT / "docs" / "which-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:nvidia/|tts_)[\w./-]+)`", PAGE)))
REFUSED = {"nvidia/magpie_tts_multilingual_357m", "tts_zh_fastpitch_sfspeech"}
MARKS = re.compile(r"\?|.*\((?:measured|published|computed).*\)|see .*|yes|no")


def tables() -> list[list[list[str]]]:
    """The rows of the page's tables, without their heads."""
    blocks = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in block.splitlines()]
        for block in blocks
    ]


@pytest.mark.parametrize("name", NAMED)
def test_model_that_is_named_is_known_and_served(name: str) -> None:
    assert name in PUBLISHED, "without a look-alike nobody knows"
    facts = described(config_of(name), name)
    refusals = [why_not(facts, role) for role in Role]
    assert (None in refusals) is (name not in REFUSED)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_model_that_is_refused_is_named_only_where_the_page_says_so(name: str) -> None:
    [paragraph] = [part for part in PAGE.split("\n\n") if f"`{name}`" in part]
    assert "Not served are" in paragraph


def test_every_figure_says_where_it_is_from() -> None:
    heads = ("speed on a GPU", "on one CPU core", "GPU memory", "made for live audio")
    checked = 0
    for head, _, *rows in tables():
        for place, title in enumerate(head):
            if title in heads:
                for row in rows:
                    assert MARKS.fullmatch(row[place]), f"{row[0]}, {title}: {row[place]}"
                    checked += 1
    assert checked > 50


@pytest.mark.parametrize("name", [one for one in NAMED if one.startswith("nvidia/")])
def test_live_and_languages_agree_with_the_configuration(name: str) -> None:
    row = next((row for table in tables() for row in table if row[0] == f"`{name}`"), None)
    facts = described(config_of(name), name)
    if row is None or facts.is_streaming is None:
        return
    assert row[6] == ("yes" if facts.is_streaming else "no")
    assert ("English" in row[1]) is (facts.languages == ("en",) or "flash" in name)
