"""Callers that send one request after the other for as long as a test does something else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from nemo_voice_stt import __file__ as stt_package

SPEECH = Path(stt_package).with_name("self_test.flac").read_bytes()
_PATIENCE_S = 120.0


@dataclass
class Calls:
    """What became of the requests so far."""

    answered: int = 0
    failures: list[str] = field(default_factory=list)


def transcribed(address: str, client: httpx.Client) -> httpx.Response:
    """Returns the response to one request for a transcript."""
    return client.post(f"{address}/transcribe", files={"audio_file": SPEECH})


@contextmanager
def calling(
    address: str,
    *,
    callers: int = 1,
    pause_s: float = 0.5,
    call: Callable[[str, httpx.Client], httpx.Response] = transcribed,
) -> Iterator[Calls]:
    """Yields what becomes of the requests that so many callers send, each on a new connection."""
    calls, over = Calls(), threading.Event()

    def keep_calling() -> None:
        fresh = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(limits=fresh, timeout=_PATIENCE_S, trust_env=False) as client:
            while not over.is_set():
                try:
                    call(address, client).raise_for_status()
                except httpx.HTTPError as error:
                    calls.failures.append(f"{type(error).__name__}: {error}")
                else:
                    calls.answered += 1
                over.wait(pause_s)

    threads = [threading.Thread(target=keep_calling) for _ in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield calls
    finally:
        over.set()
        for thread in threads:
            thread.join()
