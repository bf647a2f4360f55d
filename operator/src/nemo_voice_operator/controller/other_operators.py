"""Whether another operator still manages what it has claimed, told by its Lease.

As in leader election, an operator is taken for alive while the time of its last renewal changes
within the Lease's duration by the clock of this process: the clocks of two machines are never
compared.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.errors import ClusterError
from nemo_voice_operator.kube.kinds import Reference
from nemo_voice_operator.kube.leases import duration_s, holder_of, is_watched, lease_of
from nemo_voice_operator.kube.objects import Object

_FRESH_S = 1.0
"""Seconds for which one read of a Lease serves every VoiceService that its operator claimed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of another operator's claim on a VoiceService."""

    manages: bool
    """Whether the claim stands."""
    why: str
    """Why it does or does not, for people: a clause about the other operator."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the reads of one Lease have shown."""

    lease: Object | None
    problem: str
    """Why it could not be read; empty where it was read, or is not there."""
    since_s: float
    """Since when the renewal has been what it is."""
    read_s: float


@dataclass(slots=True)
class OtherOperators:
    """The Leases of other operators, each read at most once a second."""

    cluster: Cluster
    clock: Callable[[], float]
    """Seconds that only go forward."""
    lease_s: float
    """Duration of a Lease that names none."""
    _seen: dict[Reference, _Seen] = field(default_factory=dict)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def standing(self, operator: str, namespace: str) -> Standing:
        """Returns whether an operator's claim on a VoiceService of this namespace stands.

        A Lease that cannot be read says nothing: the claim stands.
        """
        reference = lease_of(operator)
        if reference is None:
            return Standing(manages=False, why="that is no name of an operator's Lease")
        seen = await self._look(reference)
        if seen.problem:
            why = f"its Lease cannot be read, so that it is taken for alive: {seen.problem}"
            return Standing(manages=True, why=why)
        lasted_s = self.clock() - seen.since_s
        if why := _why_over(seen.lease, namespace, lasted_s, self.lease_s):
            return Standing(manages=False, why=why)
        return Standing(manages=True, why="its Lease is being renewed")

    async def _look(self, reference: Reference) -> _Seen:
        async with self._reading:
            before = self._seen.get(reference)
            if before is None or self.clock() - before.read_s >= _FRESH_S:
                self._seen[reference] = await self._read(reference, before)
            return self._seen[reference]

    async def _read(self, reference: Reference, before: _Seen | None) -> _Seen:
        problem, lease = "", None
        try:
            lease = await self.cluster.read(reference)
        except ClusterError as error:
            problem = str(error)
        now_s = self.clock()
        since_s = now_s
        if before is not None and lease is not None and self._is_unchanged(before, lease, now_s):
            since_s = before.since_s
        return _Seen(lease, problem, since_s, now_s)

    def _is_unchanged(self, before: _Seen, lease: Object, now_s: float) -> bool:
        """Returns whether nothing was renewed since the last read, and that read was recent.

        After an outage of the API server nobody has renewed anything, and nobody is dead for it.
        """
        is_recent = now_s - before.read_s <= max(duration_s(lease, self.lease_s), self.lease_s)
        return is_recent and before.lease is not None and _renewal(before.lease) == _renewal(lease)


def _why_over(lease: Object | None, namespace: str, lasted_s: float, lease_s: float) -> str:
    """Returns why an operator's claims in a namespace are over; empty while they stand.

    Args:
        lease: Its Lease, where there is one.
        namespace: Where the VoiceService is.
        lasted_s: Seconds that the Lease was seen without a renewal.
        lease_s: Duration of a Lease that names none.
    """
    if lease is None:
        return "its Lease is gone"
    if not is_watched(lease, namespace):
        return f"it no longer watches the namespace {namespace}"
    if lasted_s <= duration_s(lease, lease_s):
        return ""
    # A release is no end in itself: in a rolling update the next replica takes the Lease.
    missing = "been renewed" if holder_of(lease) else "had a holder"
    return f"its Lease has not {missing} for {lasted_s:.0f} s"


def _renewal(lease: Object) -> tuple[str, str, str]:
    """Returns what changes with every renewal, release and new holder."""
    spec = lease.get("spec") or {}
    return str(lease["metadata"].get("uid")), str(spec.get("renewTime")), holder_of(lease)
