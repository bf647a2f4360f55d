"""Reads load and readiness from pods over HTTP.

Responses of pods are untrusted: 1 s, 1 MB, and every fault becomes an `Unread` with its reason,
never an error of the caller. Nothing is decided here.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeVar

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from nemo_voice_operator.api.service_contract import METRICS_PATH, READY_PATH
from nemo_voice_operator.state.pod_reports import PodLoad, PodPhase, PodReadiness

T = TypeVar("T")

IN_FLIGHT_METRIC = "nemo_voice_in_flight"
QUEUE_METRIC = "nemo_voice_queue_seconds"
SESSION_METRICS = ("nemo_voice_live_sessions", "nemo_voice_live_text_sessions")
"""Live speech, and text that comes in pieces; a service has one of them, an older one neither."""

MAX_BODY_BYTES = 1_000_000
_CHUNK_BYTES = 65_536
_MAX_DETAIL_CHARS = 500
_MOST_SECONDS = 1e9
_MOST_SESSION_SAMPLES = 64
_OK, _UNAVAILABLE = 200, 503

# The samples are picked out before parsing: a parser of a megabyte would hold the event loop, and
# one of an endless line would hold it for minutes.
_NAMES = "|".join((IN_FLIGHT_METRIC, QUEUE_METRIC, *SESSION_METRICS))
_SAMPLES = re.compile(rf"\n((?:{_NAMES})[ \t{{][^\n]{{0,200}})(?=\n|$)".encode())


class Fault(StrEnum):
    """Why a pod's response could not be used."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    WRONG_STATUS = "wrong_status"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class PodAddress:
    """Where a pod serves HTTP."""

    name: str
    host: str
    """Its address; empty while it has none."""
    port: int
    scheme: Literal["http", "https"] = "http"
    """A certificate of `https` is not verified: it has the names of Services, not of pods."""


@dataclass(frozen=True, slots=True)
class Unread:
    """No usable response of a pod, and why."""

    fault: Fault
    detail: str
    """One sentence for people."""


@dataclass(frozen=True, slots=True)
class PodResponse:
    """An HTTP response of a pod."""

    status: int
    body: bytes


class PodReader:
    """Reads from pods, with a limit of concurrent requests for all that share the reader."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        max_concurrent: int = 32,
        timeout_s: float = 1.0,
    ) -> None:
        """Takes the session, which the caller closes; waiting for a free slot is not timed."""
        self._session = session
        self._slots = asyncio.Semaphore(max_concurrent)
        self._timeout_s = timeout_s

    async def read_loads(self, pods: Sequence[PodAddress]) -> dict[str, PodLoad | Unread]:
        """Returns each pod's load by the pod's name, or why there is none."""
        return await self._read_all(pods, METRICS_PATH, load_of)

    async def read_readiness(self, pods: Sequence[PodAddress]) -> dict[str, PodReadiness | Unread]:
        """Returns each pod's readiness by the pod's name, or why there is none."""
        return await self._read_all(pods, READY_PATH, readiness_of)

    async def _read_all(
        self, pods: Sequence[PodAddress], path: str, parse: Callable[[int, bytes], T | Unread]
    ) -> dict[str, T | Unread]:
        responses = await asyncio.gather(*(self.get(pod, path) for pod in pods))
        return {
            pod.name: one if isinstance(one, Unread) else parse(one.status, one.body)
            for pod, one in zip(pods, responses, strict=True)
        }

    async def get(self, pod: PodAddress, path: str) -> PodResponse | Unread:
        """Returns the response of one pod to a GET, or why there is none."""
        if not pod.host:
            return Unread(Fault.UNREACHABLE, "The pod has no address yet.")
        async with self._slots:
            try:
                return await self._get(pod, path)
            except TimeoutError:
                detail = f"{path} gave no complete response within {self._timeout_s:g} s."
                return Unread(Fault.TIMED_OUT, detail)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                detail = f"{path}: {type(error).__name__}: {error}"
                return Unread(Fault.UNREACHABLE, detail[:_MAX_DETAIL_CHARS])

    async def _get(self, pod: PodAddress, path: str) -> PodResponse | Unread:
        host = f"[{pod.host}]" if ":" in pod.host else pod.host
        request = self._session.get(
            f"{pod.scheme}://{host}:{pod.port}{path}",
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
            # Only load and readiness are read, and nothing secret is sent.
            ssl=False,
            # A pod never sends the operator elsewhere, nor a small body that unpacks to a huge one.
            allow_redirects=False,
            headers={"Accept-Encoding": "identity"},
        )
        async with request as response:
            if "Content-Encoding" in response.headers:
                return Unread(
                    Fault.MALFORMED, f"{path} responded with an encoded body, unrequested."
                )
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    detail = f"{path} responded with more than {MAX_BODY_BYTES} bytes."
                    return Unread(Fault.TOO_LARGE, detail)
            return PodResponse(response.status, bytes(body))


def load_of(status: int, body: bytes) -> PodLoad | Unread:
    """Returns the load in a response of `METRICS_PATH`."""
    if status != _OK:
        return Unread(Fault.WRONG_STATUS, f"{METRICS_PATH} responded {status}.")
    try:
        samples = _SAMPLES.findall(b"\n" + body)
        return PodLoad(
            _value(samples, IN_FLIGHT_METRIC),
            _value(samples, QUEUE_METRIC),
            _sessions(samples),
        )
    except (ValueError, LookupError) as error:
        return Unread(Fault.MALFORMED, f"{METRICS_PATH}: {error}"[:_MAX_DETAIL_CHARS])


def _sessions(samples: list[bytes]) -> float:
    """Returns the live sessions, whatever their samples are labelled by."""
    lines = [one for one in samples if one.startswith(tuple(map(str.encode, SESSION_METRICS)))]
    if len(lines) > _MOST_SESSION_SAMPLES:
        raise ValueError(f"there are {len(lines)} samples of live sessions.")
    return sum(map(_parsed, lines))


def _value(samples: list[bytes], metric: str) -> float:
    lines = [line for line in samples if line.startswith(metric.encode())]
    if len(lines) != 1:
        raise ValueError(f"expected one sample of {metric}, there are {len(lines)}.")
    return _parsed(lines[0])


def _parsed(line: bytes) -> float:
    families = text_string_to_metric_families(line.decode())
    return next(float(sample.value) for family in families for sample in family.samples)


def readiness_of(status: int, body: bytes) -> PodReadiness | Unread:
    """Returns the readiness in a response of `READY_PATH`."""
    if status not in {_OK, _UNAVAILABLE}:
        return Unread(Fault.WRONG_STATUS, f"{READY_PATH} responded {status}.")
    try:
        reported = json.loads(body)
        return PodReadiness(
            phase=PodPhase(reported["phase"]),
            reason=_text(reported.get("reason")),
            ready=status == _OK and reported["status"] == "ready",
            seconds=_seconds(reported.get("seconds")),
        )
    # Whatever JSON it is, of whatever shape and depth.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        detail = f"{READY_PATH}: {type(error).__name__}: {error}"
        return Unread(Fault.MALFORMED, detail[:_MAX_DETAIL_CHARS])


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:_MAX_DETAIL_CHARS]


def _seconds(value: object) -> dict[PodPhase, float]:
    """Returns the seconds of phases where they are numbers; others are left out."""
    seconds = value if isinstance(value, dict) else {}
    return {
        phase: float(seconds[phase])
        for phase in PodPhase
        if isinstance(seconds.get(phase), int | float) and 0 <= seconds[phase] < _MOST_SECONDS
    }
