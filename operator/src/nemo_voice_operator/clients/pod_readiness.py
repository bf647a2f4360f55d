"""The pod readiness client: readiness of serving pods, and progress of downloads."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

from nemo_voice_operator.api.pod_parts import SERVE
from nemo_voice_operator.api.service_contract import PROGRESS_PORT
from nemo_voice_operator.api.spec import Task
from nemo_voice_operator.api.spec import container_port as port_of
from nemo_voice_operator.clients.pod_client import PodAddress, PodReader, PodResponse
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.state.pod_reports import CacheProgress, PodReadiness

_TASK_OF = {f"nemo-voice-{task}": task for task in Task}
_MOST_CHARS = 32
_MOST_BYTES = 2**53


class PodReadinessClient:
    """Reads readiness and progress through one pod reader.

    Args:
        reader: Reads from pods.
        progress_port: Port on which a download reports its progress.
    """

    def __init__(self, reader: PodReader, progress_port: int = PROGRESS_PORT) -> None:
        self._reader = reader
        self._progress_port = progress_port

    async def readiness(self, pods: Sequence[Object]) -> dict[str, PodReadiness]:
        """Returns the readiness that each pod reports, by name, of those that respond."""
        responses = await self._reader.read_readiness([address_of(pod) for pod in pods])
        return {name: one for name, one in responses.items() if isinstance(one, PodReadiness)}

    async def progress(self, pods: Sequence[Object]) -> CacheProgress | None:
        """Returns the progress that a cache Job's pod reports, if one does."""
        for pod in pods:
            address = pod.get("status", {}).get("podIP")
            if address:
                where = PodAddress(str(pod["metadata"]["name"]), str(address), self._progress_port)
                response = await self._reader.get(where, "/")
                found = progress_of(response) if isinstance(response, PodResponse) else None
                if found is not None:
                    return found
        return None


def progress_of(response: PodResponse) -> CacheProgress | None:
    """Returns the progress in a response; None where there is none."""
    if response.status != HTTPStatus.OK:
        return None
    try:
        body = json.loads(response.body)
        total = body["totalBytes"]
        return CacheProgress(
            phase=str(body["phase"])[:_MOST_CHARS],
            done_bytes=_size(body["doneBytes"]),
            total_bytes=None if total is None else _size(total),
        )
    # Whatever JSON it is, of whatever shape and depth.
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _size(value: object) -> int:
    """Returns a number of bytes that the status can hold.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, int) and 0 <= value <= _MOST_BYTES:
        return value
    raise ValueError("no number of bytes")


def address_of(pod: Object) -> PodAddress:
    """Returns where a serving pod serves HTTP; without a host while it has no address."""
    metadata = pod["metadata"]
    labels = metadata.get("labels") or {}
    task = _TASK_OF.get(labels.get("app.kubernetes.io/name", ""), Task.TTS)
    host = str(pod.get("status", {}).get("podIP") or "")
    scheme: Literal["http", "https"] = "https" if _serves_tls(pod) else "http"
    return PodAddress(str(metadata["name"]), host, port_of(task), scheme)


def _serves_tls(pod: Object) -> bool:
    """Returns whether the pod's own probes speak TLS; pods of an older spec may not."""
    containers = pod.get("spec", {}).get("containers") or ()
    serving: Object = next((one for one in containers if one.get("name") == SERVE), {})
    probe = (serving.get("readinessProbe") or {}).get("httpGet") or {}
    return probe.get("scheme") == "HTTPS"
