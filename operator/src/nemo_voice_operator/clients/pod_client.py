"""What the pods say of themselves over HTTP: their load, and how ready they are.

Pods are strangers: each is given one second and one megabyte, and whatever one does wrong becomes
an `Unread` with its reason, never an error of the reconciler that asks. Nothing is decided here.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from nemo_voice_operator.api.service_contract import METRICS_PATH, READY_PATH
from nemo_voice_operator.state.pod_reports import PodLoad, PodPhase, PodReadiness

IN_FLIGHT_METRIC = "nemo_voice_in_flight"
QUEUE_METRIC = "nemo_voice_queue_seconds"

MAX_BODY_BYTES = 1_000_000
_CHUNK_BYTES = 65_536
_MAX_DETAIL_CHARS = 500
_MOST_SECONDS = 1e9
_OK, _UNAVAILABLE = 200, 503

# The two samples are picked out before parsing: a parser of a megabyte would hold the event loop,
# and one of an endless line would hold it for minutes.
_SAMPLES = re.compile(
    rf"\n((?:{IN_FLIGHT_METRIC}|{QUEUE_METRIC})[ \t{{][^\n]{{0,200}})(?=\n|$)".encode()
)


class Fault(StrEnum):
    """What kept a pod's answer from being used."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    WRONG_STATUS = "wrong_status"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class PodAddress:
    """Where a pod answers."""

    name: str
    host: str
    """Its address; empty while it has none."""
    port: int


@dataclass(frozen=True, slots=True)
class Unread:
    """No answer from a pod, and why."""

    fault: Fault
    detail: str
    """One sentence for people."""


@dataclass(frozen=True, slots=True)
class PodResponse:
    """What a pod answered."""

    status: int
    body: bytes


class PodReader:
    """Asks pods, a bounded number at a time over everything that shares the reader."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        max_concurrent: int = 32,
        timeout_s: float = 1.0,
    ) -> None:
        """Takes the session, which the caller closes; waiting for a turn is not timed."""
        self._session = session
        self._slots = asyncio.Semaphore(max_concurrent)
        self._timeout_s = timeout_s

    async def read_loads(self, pods: Sequence[PodAddress]) -> dict[str, PodLoad | Unread]:
        """Returns each pod's load by the pod's name, or why there is none."""
        responses = await self._get_all(pods, METRICS_PATH)
        return {
            name: response
            if isinstance(response, Unread)
            else load_of(response.status, response.body)
            for name, response in responses.items()
        }

    async def read_readiness(self, pods: Sequence[PodAddress]) -> dict[str, PodReadiness | Unread]:
        """Returns each pod's readiness by the pod's name, or why there is none."""
        responses = await self._get_all(pods, READY_PATH)
        return {
            name: response
            if isinstance(response, Unread)
            else readiness_of(response.status, response.body)
            for name, response in responses.items()
        }

    async def _get_all(
        self, pods: Sequence[PodAddress], path: str
    ) -> dict[str, PodResponse | Unread]:
        responses = await asyncio.gather(*(self.get(pod, path) for pod in pods))
        return {pod.name: response for pod, response in zip(pods, responses, strict=True)}

    async def get(self, pod: PodAddress, path: str) -> PodResponse | Unread:
        """Returns what one pod answers, or why there is nothing."""
        if not pod.host:
            return Unread(Fault.UNREACHABLE, "The pod has no address yet.")
        async with self._slots:
            try:
                return await self._get(pod, path)
            except TimeoutError:
                detail = f"{path} gave no whole answer within {self._timeout_s:g} s."
                return Unread(Fault.TIMED_OUT, detail)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                detail = f"{path}: {type(error).__name__}: {error}"
                return Unread(Fault.UNREACHABLE, detail[:_MAX_DETAIL_CHARS])

    async def _get(self, pod: PodAddress, path: str) -> PodResponse | Unread:
        host = f"[{pod.host}]" if ":" in pod.host else pod.host
        request = self._session.get(
            f"http://{host}:{pod.port}{path}",
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
            # A pod never sends the operator elsewhere, nor a small body that unpacks to a huge one.
            allow_redirects=False,
            headers={"Accept-Encoding": "identity"},
        )
        async with request as response:
            if "Content-Encoding" in response.headers:
                return Unread(Fault.MALFORMED, f"{path} answered a packed body, unasked.")
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    detail = f"{path} answered more than {MAX_BODY_BYTES} bytes."
                    return Unread(Fault.TOO_LARGE, detail)
            return PodResponse(response.status, bytes(body))


def load_of(status: int, body: bytes) -> PodLoad | Unread:
    """Returns the load in an answer to `METRICS_PATH`."""
    if status != _OK:
        return Unread(Fault.WRONG_STATUS, f"{METRICS_PATH} answered {status}.")
    try:
        samples = _SAMPLES.findall(b"\n" + body)
        return PodLoad(_value(samples, IN_FLIGHT_METRIC), _value(samples, QUEUE_METRIC))
    except (ValueError, LookupError) as error:
        return Unread(Fault.MALFORMED, f"{METRICS_PATH}: {error}"[:_MAX_DETAIL_CHARS])


def _value(samples: list[bytes], metric: str) -> float:
    lines = [line for line in samples if line.startswith(metric.encode())]
    if len(lines) != 1:
        raise ValueError(f"expected one sample of {metric}, there are {len(lines)}.")
    families = text_string_to_metric_families(lines[0].decode())
    return next(float(sample.value) for family in families for sample in family.samples)


def readiness_of(status: int, body: bytes) -> PodReadiness | Unread:
    """Returns the readiness in an answer to `READY_PATH`."""
    if status not in {_OK, _UNAVAILABLE}:
        return Unread(Fault.WRONG_STATUS, f"{READY_PATH} answered {status}.")
    try:
        facts = json.loads(body)
        return PodReadiness(
            phase=PodPhase(facts["phase"]),
            reason=_text(facts.get("reason")),
            ready=status == _OK and facts["status"] == "ready",
            seconds=_seconds(facts.get("seconds")),
        )
    # Whatever JSON it is, of whatever shape and depth.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        detail = f"{READY_PATH}: {type(error).__name__}: {error}"
        return Unread(Fault.MALFORMED, detail[:_MAX_DETAIL_CHARS])


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:_MAX_DETAIL_CHARS]


def _seconds(value: object) -> dict[PodPhase, float]:
    """Returns the phases' seconds that are numbers; the rest says nothing and is left out."""
    facts = value if isinstance(value, dict) else {}
    return {
        phase: float(facts[phase])
        for phase in PodPhase
        if isinstance(facts.get(phase), int | float) and 0 <= facts[phase] < _MOST_SECONDS
    }
