"""Events of other components as plain notes, ordered by time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from nemo_voice_operator.kube.objects import Object, moment_of

_DRAWN_NAME = re.compile(r'(pods "[^"]*-)[a-z0-9]{5}(?=")')
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Note:
    """What a component of Kubernetes said of an object, once or again and again."""

    reason: str
    text: str
    is_warning: bool
    last: datetime
    """When it was said last."""


def notes_of(events: Iterable[Object]) -> list[Note]:
    """Returns the Events as notes, the newest last."""
    return sorted(map(_note_of, events), key=lambda note: note.last)


def steady(message: str) -> str:
    """Returns why a pod cannot be created, without the name that is drawn anew at each try."""
    return _DRAWN_NAME.sub(r"\1…", message)


def _note_of(event: Object) -> Note:
    metadata, series = event["metadata"], event.get("series") or {}
    # The kubelet writes Events of the older form, whose times have these names in the newer one.
    times = (
        series.get("lastObservedTime"),
        event.get("deprecatedLastTimestamp"),
        event.get("eventTime"),
        metadata.get("creationTimestamp"),
    )
    return Note(
        reason=str(event.get("reason", "")),
        text=" ".join(str(event.get("note", "")).split()),
        is_warning=event.get("type") == "Warning",
        last=next(filter(None, map(moment_of, times)), _LONG_AGO),
    )
