"""One operator per VoiceService: who manages it is in its status, where every operator sees it.

A VoiceService is claimed before anything is applied for it. One that another operator has claimed
is left alone, with all that it owns, and reported in an Event, the log, a metric and readiness.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field

from nemo_voice_operator.api.status import manager_of
from nemo_voice_operator.controller.event_recorder import EventRecorder
from nemo_voice_operator.controller.other_operators import OtherOperators
from nemo_voice_operator.controller.status_writer import GONE, StatusWriter
from nemo_voice_operator.errors import ClusterError, NotUnderstood
from nemo_voice_operator.kube.objects import Key, Object, is_leaving

logger = logging.getLogger(__name__)

_OLD_DEFINITION = (
    "the definition of VoiceServices in the cluster is older than this operator and keeps no "
    "claim: apply the operator's own with `crd apply`, or let the chart do it (crds.apply)"
)
_LOOKS_PER_LEASE = 3
"""How often another operator's Lease is read within the time for which one renewal counts."""


@dataclass(slots=True)
class Claims:
    """The claims of this operator on VoiceServices, and those of others that it respects."""

    status_writer: StatusWriter
    events: EventRecorder
    others: OtherOperators
    elsewhere: dict[Key, str] = field(default_factory=dict)
    """VoiceServices that other operators manage, and which."""
    _told: dict[Key, tuple[str, str]] = field(default_factory=dict)
    """Of which VoiceService, by its identity, an Event has named which other operator."""

    @property
    def operator(self) -> str:
        """The name of this operator, that of its Lease."""
        return self.status_writer.operator

    @property
    def ask_again_s(self) -> float:
        """Seconds after which to ask again for a VoiceService that is not managed here."""
        return self.others.lease_s / _LOOKS_PER_LEASE

    def holds(self, resource: Object) -> bool:
        """Returns whether this operator has claimed the VoiceService."""
        return manager_of(resource) == self.operator

    async def managed(self, key: Key, resource: Object) -> Object | None:
        """Returns the VoiceService with this operator's claim; None where it must be left alone.

        It is left alone while another operator manages it, and where somebody changed it at the
        moment of the claim: of two operators that claim it at once exactly one has it.

        Raises:
            ClusterError: The claim or its Event could not be written.
            NotUnderstood: The cluster's definition has no place for claims.
        """
        other = manager_of(resource)
        if self.holds(resource):
            self.forget(key)
            return resource
        why = ""
        if other:
            standing = await self.others.standing(other, key.namespace)
            if standing.manages:
                await self._respect(key, resource, other, standing.why)
                return None
            why = f"from the operator of the Lease {other}: {standing.why}"
        self.forget(key)
        # The last status of one that is being deleted has the claim as well.
        return resource if is_leaving(resource) else await self._claimed(resource, why)

    def forget(self, key: Key) -> None:
        """Drops what is known of a VoiceService that is gone, or managed here."""
        self.elsewhere.pop(key, None)
        self._told.pop(key, None)

    def conflict(self) -> str:
        """Returns which VoiceServices others manage, for people; empty where there are none."""
        if not self.elsewhere:
            return ""
        counts = Counter(self.elsewhere.values())
        whose = ", ".join(f"{count} by {other}" for other, count in sorted(counts.items()))
        first = min(self.elsewhere)
        return (
            f"other operators manage {len(self.elsewhere)} VoiceServices of the namespaces that "
            f"this one, {self.operator}, watches ({whose}), such as {first.namespace}/{first.name}:"
            " remove one of the operators, or let them watch different namespaces"
        )

    async def _claimed(self, resource: Object, why: str) -> Object | None:
        try:
            made = await self.status_writer.claim(resource)
        except ClusterError as error:
            if error.status in GONE:
                return None
            raise
        if not self.holds(made):
            await self.events.warn_once(resource, "NotUnderstood", _OLD_DEFINITION)
            raise NotUnderstood(_OLD_DEFINITION)
        if why:
            logger.warning("took over a VoiceService %s", why, extra=_place(resource))
            await self.events.tell(resource, "Normal", "TakenOver", why)
        return made

    async def _respect(self, key: Key, resource: Object, other: str, why: str) -> None:
        self.elsewhere[key] = other
        told = (str(resource["metadata"].get("uid")), other)
        if self._told.get(key) == told:
            return
        note = (
            f"the operator of the Lease {other} manages it ({why}); this one, of the Lease "
            f"{self.operator}, leaves it alone"
        )
        logger.warning("a VoiceService is left alone: %s", note, extra=_place(resource))
        await self.events.tell(resource, "Warning", "ManagedElsewhere", note)
        self._told[key] = told


def _place(resource: Object) -> dict[str, str]:
    metadata = resource["metadata"]
    return {"namespace": str(metadata["namespace"]), "voiceservice": str(metadata["name"])}
