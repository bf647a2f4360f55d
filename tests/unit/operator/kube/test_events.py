"""Events as notes: the times of both their forms, the newest last."""

from datetime import UTC, datetime
from typing import Any

from nemo_voice_operator.kube.events import Note, notes_of
from support.operator.observations import event

HOUR = "2026-01-01T{:02}:00:00Z"


def test_notes_are_ordered_by_when_they_were_said_last() -> None:
    repeated = {
        **event("C", "again", at=HOUR.format(1)),
        "series": {"lastObservedTime": HOUR.format(9)},
    }
    newer_form = {**event("B", "once", at=HOUR.format(2)), "eventTime": HOUR.format(5)}
    del newer_form["deprecatedLastTimestamp"]
    found = notes_of([repeated, newer_form, event("A", "first", at=HOUR.format(3))])
    assert [(note.reason, note.last.hour) for note in found] == [("A", 3), ("B", 5), ("C", 9)]


def test_note_is_one_line_and_knows_whether_it_warns() -> None:
    at = datetime(2026, 1, 1, 1, tzinfo=UTC)
    [warns] = notes_of([event("A", "two\n  lines ", at=HOUR.format(1))])
    assert warns == Note("A", "two lines", is_warning=True, last=at)
    [normal] = notes_of([event("A", "x", kind="Normal")])
    assert not normal.is_warning


def test_event_without_any_time_is_the_oldest() -> None:
    bare: dict[str, Any] = {"metadata": {}, "reason": "Z", "note": None}
    found = notes_of([event("A", "x"), bare])
    assert [note.reason for note in found] == ["Z", "A"]
