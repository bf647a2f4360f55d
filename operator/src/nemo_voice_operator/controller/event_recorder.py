"""Records Events of VoiceServices: no reconcile fails for one that is refused."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nemo_voice_operator.api import Metadata, VoiceService
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.errors import Conflict, Refused
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.status.events import event_about, events_between, warning_once

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EventRecorder:
    """Records Events; every method raises `ClusterError` where the API server is not reached."""

    cluster: Cluster
    reporter: str
    """This replica's name in Events."""
    now: Callable[[], datetime]

    async def tell(self, resource: Object, kind: str, reason: str, note: str) -> None:
        """Records an Event, `Normal` or `Warning`, with why in one word and for people."""
        now = self._time()
        await self._record(
            event_about(resource, kind, reason, note, now=now, reporter=self.reporter)
        )

    async def warn_once(self, resource: Object, reason: str, note: str) -> None:
        """Records a warning of a VoiceService, unless the same one was recorded before."""
        metadata = Metadata.model_validate(resource["metadata"])
        now = self._time()
        await self._record(warning_once(metadata, reason, note, now=now, reporter=self.reporter))

    async def tell_of_changes(self, service: VoiceService, after: Status) -> None:
        """Records the Events of the change from the VoiceService's status to the next one."""
        for event in events_between(service, after, now=self._time(), reporter=self.reporter):
            await self._record(event)

    async def _record(self, event: Manifest) -> None:
        try:
            await self.cluster.record(event)
        except Conflict:
            return  # it is there already
        except Refused as error:
            logger.warning("event refused: %s", error, extra={"event": event["reason"]})

    def _time(self) -> str:
        """Returns the time in RFC 3339 with microseconds, as Events have it."""
        return self.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
