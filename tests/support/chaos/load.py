"""Callers that send requests while a trial hurts what responds, and note what became of each.

They run in a thread of their own with one event loop: half open a connection for each request, half
keep theirs.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.chaos.results import ANSWERED, Call
from nemo_voice_serving.audio.encoding import WAV_UNKNOWN_LENGTH
from support.http.calling import SPEECH
from support.waiting import until

SENTENCE = "Good morning. This is a test."
SECOND_TRY_S = 0.1
_WAV_HEAD_BYTES = 44


@dataclass(frozen=True)
class Request:
    """A request that can be sent again and again, and what a right response to it is."""

    path: str
    arguments: dict[str, Any]
    """What httpx needs to send it."""
    is_right: Callable[[bytes], bool]


TRANSCRIBE = Request(
    "/transcribe",
    {"files": {"audio_file": SPEECH}},
    lambda body: "good morning" in json.loads(body)["text"].lower(),
)


def is_whole_wav(body: bytes) -> bool:
    """Returns whether a WAV file has as many bytes of sound as its head says, and some.

    A streamed one says no length: HTTP tells where it ends, so one that was cut is no response at
    all. It has at least a second of sound.
    """
    if body[:4] != b"RIFF":
        return False
    announced, sound = int.from_bytes(body[40:44], "little"), len(body) - _WAV_HEAD_BYTES
    if announced == WAV_UNKNOWN_LENGTH:
        bytes_per_s = int.from_bytes(body[28:32], "little")
        return sound >= bytes_per_s > 0
    return 0 < announced == sound


SYNTHESIZE = Request("/synthesize", {"json": {"text": SENTENCE}}, is_whole_wav)


@dataclass
class Load:
    """What became of the requests so far."""

    calls: list[Call] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """How many were answered."""
        return sum(call.outcome == ANSWERED for call in tuple(self.calls))

    def wait_for(self, more: int, patience_s: float = 120) -> None:
        """Returns once so many more requests have been answered."""
        wanted = self.answered + more
        until(f"{more} responses", lambda: self.answered >= wanted, patience_s)


def outcome_of_error(error: Exception, *, has_begun: bool) -> str:
    """Returns how a request failed that got no whole response.

    Args:
        error: What httpx raised.
        has_begun: Whether the head of a response had arrived.
    """
    if isinstance(error, httpx.TimeoutException):
        return "timed out"
    if isinstance(error, httpx.ConnectError):
        return "refused"
    if has_begun:
        return "cut"
    return "reset"


def outcome_of_response(status: int, body: bytes, request: Request) -> str:
    """Returns what a whole response is: right, wrong, or an error with the service's code."""
    if status == httpx.codes.OK:
        try:
            return ANSWERED if request.is_right(body) else "wrong body"
        except (ValueError, KeyError, TypeError):
            return "wrong body"
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        code = "no code"
    return f"{status} {code}"


@contextmanager
def load(
    address: str,
    request: Request = TRANSCRIBE,
    *,
    fresh: int = 2,
    kept: int = 2,
    pause_s: float = 0.2,
    timeout_s: float = 120,
) -> Iterator[Load]:
    """Yields what becomes of the requests of so many callers; the last ones are waited for.

    Args:
        address: URL of the service, without a path.
        request: What they send.
        fresh: Callers that open a connection for each request.
        kept: Callers that keep their connection.
        pause_s: Pause of a caller between a response and its next request.
        timeout_s: How long a caller waits for any part of a response.
    """
    found, over = Load(), threading.Event()

    async def call_all() -> None:
        callers = [
            _Caller(address, request, found, over, pause_s, timeout_s, keeps=number < kept)
            for number in range(fresh + kept)
        ]
        await asyncio.gather(*(caller.keep_calling() for caller in callers))

    thread = threading.Thread(target=lambda: asyncio.run(call_all()))
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


@dataclass
class _Caller:
    address: str
    request: Request
    load: Load
    over: threading.Event
    pause_s: float
    timeout_s: float
    keeps: bool

    async def keep_calling(self) -> None:
        limits = httpx.Limits(max_keepalive_connections=1 if self.keeps else 0)
        client = httpx.AsyncClient(
            base_url=self.address, limits=limits, timeout=self.timeout_s, trust_env=False
        )
        async with client:
            while not self.over.is_set():
                self.load.calls.append(await self._call(client))
                await asyncio.sleep(self.pause_s)

    async def _call(self, client: httpx.AsyncClient) -> Call:
        began_s, again = time.monotonic(), ""
        outcome = await self._outcome(client)
        ended_s = time.monotonic()
        if outcome == "refused":
            await asyncio.sleep(SECOND_TRY_S)
            again = await self._outcome(client)
        return Call(began_s, ended_s, outcome, self.keeps, again)

    async def _outcome(self, client: httpx.AsyncClient) -> str:
        has_begun = False
        try:
            sent = client.stream("POST", self.request.path, **self.request.arguments)
            async with sent as response:
                has_begun = True
                body = await response.aread()
        except httpx.HTTPError as error:
            return outcome_of_error(error, has_begun=has_begun)
        return outcome_of_response(response.status_code, body, self.request)
