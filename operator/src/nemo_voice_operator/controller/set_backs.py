"""Set-backs: how often what others change in an owned object is changed back, and who they are.

Two that force their own value into one field would write as fast as the API server takes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.kube.objects import Object, owner_references_of

_AT_ONCE = 3
"""Set-backs without a pause: a person's change, or a tool's that runs once."""
_FIRST_S, _LONGEST_S = 1.0, 300.0
_QUIET_S = 600.0
"""Seconds without a set-back after which the next one counts as the first."""


@dataclass(slots=True)
class SetBacks:
    """The set-backs of one object, the newest fight's alone."""

    told: set[str] = field(default_factory=set)
    """Whose changes an Event has told of."""
    _count: int = 0
    _last_s: float = 0.0

    def wait_s(self, now_s: float) -> float:
        """Returns the seconds until the object may be set back again; 0 where it may be now."""
        if now_s - self._last_s > _QUIET_S:
            self._count = 0
            self.told.clear()
        if self._count < _AT_ONCE:
            return 0.0
        pause_s: float = min(_LONGEST_S, _FIRST_S * 2.0 ** (self._count - _AT_ONCE))
        return max(0.0, self._last_s + pause_s - now_s)

    def count(self, now_s: float) -> None:
        """Counts a set-back that has just been made."""
        self._count += 1
        self._last_s = now_s


def is_changed(applied: Manifest, before: Object | None, after: Object) -> bool:
    """Returns whether applying a manifest changed in an object what the manifest or its owners say.

    What others wrote beside it, perhaps after the object was seen, is none of its business.
    """
    owners = [owner_references_of(one) for one in (before, after) if one is not None]
    return owners[0] != owners[-1] or _differs(applied, before, after)


def rivals(before: Object | None, after: Object) -> str:
    """Returns who changed an object before it was set back, for people.

    Those are the field managers that lost fields to ours; where none did, because somebody took
    something away, the one that wrote last.
    """
    if before is None:
        return "somebody, who deleted it"
    kept = {_who(one): one.get("fieldsV1") for one in _others(after)}
    suspects = list(_others(before))
    lost = [one for one in suspects if kept.get(_who(one)) != one.get("fieldsV1")]
    newest = max((str(one.get("time", "")) for one in suspects), default="")
    found = lost or [one for one in suspects if str(one.get("time", "")) == newest]
    return ", ".join(sorted({_who(one) for one in found})) or f"another {MANAGER}"


def _differs(applied: Json, before: Any, after: Any) -> bool:
    """Returns whether two states differ in what was applied; lists count as a whole."""
    are_maps = isinstance(before, Mapping) and isinstance(after, Mapping)
    if not (are_maps and isinstance(applied, Mapping)):
        return bool(before != after)
    return any(_differs(one, before.get(name), after.get(name)) for name, one in applied.items())


def _others(thing: Object) -> Iterator[Mapping[str, Any]]:
    """Yields the entries of field managers other than ours that are not of a subresource."""
    for entry in thing["metadata"].get("managedFields") or ():
        is_ours = entry.get("manager") == MANAGER and entry.get("operation") == "Apply"
        if not is_ours and not entry.get("subresource"):
            yield entry


def _who(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('manager')} ({entry.get('operation')})"
