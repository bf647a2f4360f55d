"""An accepted advisory has a reason, ends by itself, and must touch something."""

from datetime import date, timedelta

from tools.audit.accepted import LONGEST_DAYS, Accepted, complaints, read
from tools.audit.advisories import Finding, Pin
from tools.audit.versions import GO
from tools.audit.withdrawn import lines_of

TODAY = date(2026, 12, 1)
PIN = Pin(GO, "example.com/x", "1.0.0", "go.mod")
FOUND = Finding(PIN, "GO-1", frozenset({"GO-1", "CVE-1"}), "a fault", ("1.1.0",))


def entry(*ids: str, days: int = 30) -> Accepted:
    return Accepted("example.com/x", ids, TODAY + timedelta(days), "it is not used")


def test_a_finding_that_nobody_accepts_is_told_with_the_version_that_is_free_of_it() -> None:
    (line,) = complaints([FOUND], [], TODAY)
    assert line == "example.com/x 1.0.0 (go.mod): GO-1, a fault; fixed in 1.1.0"


def test_an_advisory_is_accepted_under_any_of_its_names() -> None:
    assert complaints([FOUND], [entry("CVE-1")], TODAY) == []


def test_on_the_last_day_it_is_still_accepted_and_then_no_longer() -> None:
    assert complaints([FOUND], [entry("GO-1", days=0)], TODAY) == []
    finding, expired = complaints([FOUND], [entry("GO-1", days=-1)], TODAY)
    assert finding.startswith("example.com/x 1.0.0")
    assert expired == "example.com/x: accepted until 2026-11-30, which has passed"


def test_what_touches_nothing_has_to_be_removed() -> None:
    (line,) = complaints([FOUND], [entry("GO-1", "GO-2")], TODAY)
    assert line == "GO-2 of example.com/x touches nothing: remove it"


def test_nothing_is_accepted_for_longer_than_half_a_year() -> None:
    (line,) = complaints([FOUND], [entry("GO-1", days=LONGEST_DAYS + 1)], TODAY)
    assert line.endswith("longer than half a year")


def test_every_accepted_advisory_says_why() -> None:
    for one in read():
        assert one.ids
        assert len(one.reason.split()) >= 6, one.package


def test_a_withdrawn_release_is_told_with_its_authors_reason() -> None:
    printed = (
        'warning: `a==1.0` is yanked (reason: "It deletes files")\nwarning: `b==2` is yanked\n'
    )
    assert lines_of(printed, "nemo.txt") == [
        "a==1.0 (nemo.txt) was withdrawn: It deletes files",
        "b==2 (nemo.txt) was withdrawn: no reason given",
    ]
