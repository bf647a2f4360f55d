"""A trial: load, a fault, what the status says, and the file that keeps what was found."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from benchmarks.chaos.results import Counts, Trial, counted, keep
from support.chaos.load import TRANSCRIBE, Load, Request, load
from support.chaos.timeline import Timeline, watching
from support.kubernetes.kubectl import TIMEOUT_S
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

MARKS = [
    pytest.mark.container,
    pytest.mark.long,
    pytest.mark.chaos,
    pytest.mark.timeout(3600),
]
"""What every module of trials is: it needs a node, and an hour at most."""
STEADY = 8
"""Responses before the fault and after the recovery."""
PAUSE_S = 0.6
"""Four callers then take a part of a core, and leave the rest to pods that start."""
PROMISE = "no request fails beyond those in flight and unnoticed"
NO_PROMISE = "nothing of the requests, as no other pod stands"


@dataclass
class Running:
    """A trial under way."""

    voices: VoiceNamespace
    voice: str
    load: Load
    timeline: Timeline
    fault_s: float | None = None
    forced_s: float | None = None
    """When a process was ended or frozen by force."""
    noticed_s: float | None = None
    ready_s: float | None = None
    notes: list[str] = field(default_factory=list)

    def begin(self, *, by_force: bool = False) -> None:
        """Notes that the fault happens now; by force if it costs what is in flight."""
        self.fault_s = time.monotonic()
        self.forced_s = self.fault_s if by_force else None

    def wait_until_lost(self, address: str, patience_s: float = 60) -> float:
        """Returns the seconds from the fault until the endpoints had lost this address."""
        began_s = self.fault_s or 0.0
        until(f"{address} lost", lambda: self.timeline.lost_s(address, began_s), patience_s)
        self.noticed_s = self.timeline.lost_s(address, began_s) or 0.0
        # kube-proxy applies what the API server says within a moment.
        self.noticed_s += 1.0
        return self.noticed_s - began_s

    def wait_until_ready(self, replicas: int, patience_s: float = TIMEOUT_S) -> float:
        """Returns the seconds from the fault until all pods were ready and the status said so."""

        def is_ready() -> bool:
            status = self.voices.status(self.voice)
            return status.get("phase") == "Ready" and status.get("readyReplicas") == replicas

        until(f"{self.voice} ready", is_ready, patience_s)
        self.voices.wait_until_settled(self.voice, patience_s)
        self.ready_s = time.monotonic() - (self.fault_s or 0.0)
        return self.ready_s

    def counts(self) -> Counts:
        """Returns the counts so far."""
        return counted(tuple(self.load.calls), forced_s=self.forced_s, noticed_s=self.noticed_s)


@contextlib.contextmanager
def trial(
    voices: VoiceNamespace,
    voice: str,
    name: str,
    fault: str,
    *,
    leaves_one: bool = True,
    says: str = "",
    request: Request = TRANSCRIBE,
    address: str | None = None,
) -> Iterator[Running]:
    """Yields a trial under load; at its end the counts are checked and everything is kept.

    What else must hold is asserted in the block, so that the report says it, too.

    Args:
        voices: Where the VoiceService is.
        voice: The VoiceService that is called.
        name: What the trial is called in the report.
        fault: What is done, in a sentence, for the report.
        leaves_one: Whether one pod can serve all the time, so that no request may fail beyond
            those that a process which is ended by force takes with it.
        says: A word that the status must use after the fault, whatever its case.
        request: What is sent.
        address: Where it is sent; absent: to the Service.

    Raises:
        AssertionError: A request failed that had to be answered, or the status did not say so.
    """
    began = datetime.now(UTC)
    with contextlib.ExitStack() as stack:
        timeline = stack.enter_context(watching(voices, voice))
        sent = stack.enter_context(load(address or voices.address(voice), request, pause_s=PAUSE_S))
        running = Running(voices, voice, sent, timeline)
        error: BaseException | None = None
        try:
            sent.wait_for(STEADY)
            yield running
            sent.wait_for(STEADY)
        except BaseException as raised:
            error = raised
            running.notes.append(f"not as promised: {type(raised).__name__}: {str(raised)[:300]}")
            raise
        finally:
            # What is still being answered belongs to the counts.
            seen = timeline.since(running.fault_s or 0.0)
            stack.close()
            counts = running.counts()
            broken = leaves_one and counts.beyond
            is_told = any(says.lower() in one.what.lower() for one in seen) or not says
            is_kept = error is None and is_told and not broken
            keep(
                Trial(
                    name=name,
                    fault=fault,
                    promise=_promise(leaves_one=leaves_one, says=says),
                    is_kept=is_kept,
                    counts=counts,
                    ready_s=running.ready_s,
                    timeline=seen,
                    notes=tuple(running.notes),
                    measured=began.strftime("%Y-%m-%d %H:%M UTC"),
                    load_average=os.getloadavg()[0],
                )
            )
    assert not broken, f"{name}: {counts}"
    assert is_told, f"{name}: the status never said {says}: {seen}"


def _promise(*, leaves_one: bool, says: str) -> str:
    requests = PROMISE if leaves_one else NO_PROMISE
    return f"{requests}; the status says {says}." if says else f"{requests}."
