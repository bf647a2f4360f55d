"""The changelog has its form, and each fault of its form is named."""

import pytest

from support.docs.repository import ROOT, text_of
from tools.release.changelog import findings, sections_of
from tools.release.versions import project_version

HEAD = "# Changelog\n\nAll notable changes.\n"
WHOLE = f"""{HEAD}
## [Unreleased]

## [0.2.0] - 2026-02-01

### Added

- More.

## [0.1.0] - 2026-01-01

- The first.
"""
WRONG = {
    "no [Unreleased]": (WHOLE.replace("## [Unreleased]\n", ""), "the first section must be"),
    "another heading": (WHOLE.replace("### Added", "### News"), "'### News' is not one of"),
    "an empty heading": (WHOLE.replace("- More.\n", ""), "nothing is below '### Added'"),
    "a heading twice": (
        WHOLE.replace("- More.", "- More.\n\n### Added\n\n- Again."),
        "a heading is there twice",
    ),
    "another order": (
        WHOLE.replace("0.1.0", "0.3.0"),
        "versions must be there once each, the newest first",
    ),
    "days that go up": (WHOLE.replace("2026-01-01", "2026-03-01"), "must not go up"),
    "no such day": (WHOLE.replace("2026-01-01", "2026-02-30"), "not a day"),
    "an old version without a day": (WHOLE.replace(" - 2026-01-01", ""), "0.1.0: the day of"),
    "no section of the version": (WHOLE.replace("0.2.0", "0.1.5"), "no section of 0.2.0"),
    "a section of another form": (WHOLE.replace("## [0.1.0]", "## First ["), "neither"),
}
UNFIT = {
    "no day": (WHOLE.replace(" - 2026-02-01", ""), "the day of its release is missing"),
    "something unreleased": (
        WHOLE.replace("## [Unreleased]\n", "## [Unreleased]\n\n- Late.\n"),
        "belongs below [0.2.0]",
    ),
    "no change": (WHOLE.replace("### Added\n\n- More.\n", ""), "it lists no change"),
}


def test_the_changelog_of_this_tree_has_its_form() -> None:
    text = text_of(ROOT / "CHANGELOG.md")
    assert [*findings(text, project_version(), is_release=False)] == []


@pytest.mark.parametrize("is_release", [False, True])
def test_a_well_formed_changelog_has_no_findings(is_release: bool) -> None:
    assert [*findings(WHOLE, "0.2.0", is_release=is_release)] == []
    assert [one.name for one in sections_of(WHOLE)] == ["Unreleased", "0.2.0", "0.1.0"]


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_each_fault_is_named(text: str, says: str) -> None:
    found = [*findings(text, "0.2.0", is_release=False)]
    assert [one for one in found if says in one], found


@pytest.mark.parametrize(("text", "says"), UNFIT.values(), ids=UNFIT)
def test_a_release_needs_a_dated_section_with_changes(text: str, says: str) -> None:
    assert [*findings(text, "0.2.0", is_release=False)] == []
    found = [*findings(text, "0.2.0", is_release=True)]
    assert [one for one in found if says in one], found
