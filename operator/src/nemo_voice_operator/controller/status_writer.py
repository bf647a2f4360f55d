"""Writes the status of VoiceServices, and the Events of its changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.errors import ClusterError
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.status.events import events_between
from nemo_voice_operator.status.status import status_of_unreadable

_GONE = frozenset({404, 409})
"""HTTP statuses of a write to what is gone, or has become another object of its name."""


@dataclass(slots=True)
class StatusWriter:
    """Writes a status if it differs from the one that the resource has."""

    object_cache: ObjectCache
    cluster: Cluster
    reporter: str
    """This replica's name in Events."""
    now: Callable[[], datetime]

    async def write(self, resource: Object, service: VoiceService, status: Status) -> None:
        """Writes the status and the Events of the change.

        Raises:
            ClusterError: One of them could not be written.
        """
        if status == service.status:
            return
        self.object_cache.put(await self.cluster.apply_status(resource, _dumped(status)))
        moment = self.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        for event in events_between(service, status, now=moment, reporter=self.reporter):
            await self.cluster.record(event)

    async def write_last(self, resource: Object, service: VoiceService, status: Status) -> None:
        """Writes the status of one that is being deleted, unless it is gone already.

        Raises:
            ClusterError: It could not be written for another reason.
        """
        if status == service.status:
            return
        try:
            # The response is not cached: the event that the object is gone may be here already.
            await self.cluster.apply_status(resource, _dumped(status))
        except ClusterError as error:
            if error.status not in _GONE:
                raise

    async def write_unreadable(self, resource: Object, problem: str) -> None:
        """Writes into the status that this operator does not understand the resource.

        Raises:
            ClusterError: It could not be written.
        """
        before = resource.get("status") or {}
        status = status_of_unreadable(before, problem, now=timestamp(self.now()))
        if status != before:
            self.object_cache.put(await self.cluster.apply_status(resource, status))


def timestamp(moment: datetime) -> str:
    """Returns the time in RFC 3339 with seconds, as conditions have it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _dumped(status: Status) -> Manifest:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)
