"""The model card's tables and the JSON beside it."""

import json

import pytest

from evaluation.checkpoints import Checkpoint
from evaluation.findings import Figure, Findings, error_rate
from evaluation.measures import Hearing
from evaluation.report import as_json, figures_table, with_results, with_section, worst_lists

CHECKPOINT = Checkpoint("fastpitch.nemo", "FastPitchModel", 1_310_000, 6_041_600, "ab" * 32)
FINDINGS = {
    "plain": Findings(
        (
            Figure("reached", 1.25, "%", "10 words", goal=2.0),
            Figure("missed", 75.0, "ms", "10 words", goal=60.0, note="a | b"),
            Figure("free", 0.0123, "s per s of speech", "9 s"),
        ),
        (Hearing("Two pears.", "two bears"),),
    )
}


def test_a_figure_over_its_goal_is_shown_as_missed() -> None:
    reached, missed, free = figures_table(FINDINGS).splitlines()[2:]
    assert reached == "| reached | 1.25 % | ≤ 2 % | yes | 10 words |  |"
    assert missed == "| missed | 75 ms | ≤ 60 ms | **no** | 10 words | a / b |"
    assert free == "| free | 0.0123 s per s of speech |  |  | 9 s |  |"


def test_a_figure_just_at_its_goal_is_reached() -> None:
    assert Figure("at", 2.0, "%", "", goal=2.0).is_reached is True
    assert Figure("over", 2.01, "%", "", goal=2.0).is_reached is False


def test_error_rate_is_over_all_words_and_names_homophones() -> None:
    hearings = [Hearing("buy it", "by it"), Hearing("one two three", "one two four")]
    figure = error_rate("rate", hearings, 5.0)
    assert figure.value == pytest.approx(40.0)
    assert figure.count == "2 clips, 5 words"
    assert figure.note.startswith("20.00 %")


def test_worst_sentences_are_listed_with_what_was_heard() -> None:
    assert "| 1 | two pears | two bears |" in worst_lists(FINDINGS)


def test_json_holds_every_figure_and_the_digests() -> None:
    document = json.loads(as_json(FINDINGS, [CHECKPOINT]))
    assert document["checkpoints"] == {"fastpitch.nemo": "ab" * 32}
    figures = document["measurements"]["plain"]["figures"]
    assert [figure["reached"] for figure in figures] == [True, False, None]


def test_results_replace_only_what_stands_between_the_markers() -> None:
    sections = ("checkpoints", "figures", "worst")
    card = "\n".join(f"before\n<!-- {name} -->\nold\n<!-- /{name} -->\nafter" for name in sections)
    once = with_results(card, FINDINGS, [CHECKPOINT])
    assert "old" not in once
    assert once.count("before") == once.count("after") == len(sections)
    assert "1,310,000" in once
    assert with_results(once, FINDINGS, [CHECKPOINT]) == once


def test_an_empty_section_can_be_filled() -> None:
    assert with_section("<!-- a -->\n<!-- /a -->", "a", "x") == "<!-- a -->\nx\n<!-- /a -->"


def test_a_card_without_the_section_is_refused() -> None:
    with pytest.raises(ValueError, match="figures"):
        with_section("no markers", "figures", "x")
