"""Writes the status of VoiceServices, and the Events of its changes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.event_recorder import EventRecorder
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.errors import ClusterError, Refused, Unexplained
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.status.status import status_of_unreadable

logger = logging.getLogger(__name__)

GONE = frozenset({404, 409})
"""HTTP statuses of a write to what is gone, or has become another object of its name."""


@dataclass(slots=True)
class StatusWriter:
    """Writes a status if it differs from the one that the resource has."""

    object_cache: ObjectCache
    cluster: Cluster
    operator: str
    """The operator that manages what it writes to: its claim is in every status."""
    events: EventRecorder
    now: Callable[[], datetime]

    async def claim(self, resource: Object) -> Object:
        """Writes this operator's claim into the status; returns the resource with it.

        Raises:
            ClusterError: It could not be written; `Conflict` where the resource has changed since.
        """
        status: Manifest = {**(resource.get("status") or {}), "operator": self.operator}
        return await self._apply(resource, status, if_unchanged=True)

    async def write(self, resource: Object, service: VoiceService, status: Status) -> None:
        """Writes the status and the Events of the change.

        Raises:
            ClusterError: One of them could not be written.
        """
        status = self._claimed(status)
        if status == service.status:
            return
        await self._apply(resource, _dumped(status))
        await self.events.tell_of_changes(service, status)

    async def write_last(self, resource: Object, service: VoiceService, status: Status) -> None:
        """Writes the status of one that is being deleted, unless it is gone already.

        Raises:
            ClusterError: It could not be written for another reason.
        """
        status = self._claimed(status)
        if status == service.status:
            return
        try:
            # The response is not cached: the event that the object is gone may be here already.
            await self.cluster.apply_status(resource, _dumped(status))
        except ClusterError as error:
            if error.status not in GONE:
                raise

    async def write_unreadable(self, resource: Object, problem: str) -> None:
        """Writes into status and an Event that this operator does not understand the resource.

        Raises:
            ClusterError: It could not be written.
        """
        before = resource.get("status") or {}
        generation = int(resource["metadata"].get("generation", 1))
        now = timestamp(self.now())
        unreadable = status_of_unreadable(before, problem, generation=generation, now=now)
        status = {**unreadable, "operator": self.operator}
        if status != before:
            await self._apply(resource, status)
            await self.events.warn_once(resource, "NotUnderstood", problem)

    async def _apply(
        self, resource: Object, status: Manifest, *, if_unchanged: bool = False
    ) -> Object:
        """Writes the status, and an Event where the API server refuses it.

        Raises:
            ClusterError: It could not be written.
        """
        try:
            made = await self.cluster.apply_status(resource, status, if_unchanged=if_unchanged)
        except (Refused, Unexplained) as error:
            if error.status not in GONE:
                name = f"{resource['metadata']['namespace']}/{resource['metadata']['name']}"
                logger.warning("status refused: %s", error, extra={"voiceservice": name})
                why = f"its status is refused: {error}"
                await self.events.warn_once(resource, "StatusRefused", why)
            raise
        self.object_cache.put(made)
        return made

    def _claimed(self, status: Status) -> Status:
        return status.model_copy(update={"operator": self.operator})


def timestamp(moment: datetime) -> str:
    """Returns the time in RFC 3339 with seconds, as conditions have it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _dumped(status: Status) -> Manifest:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)
