"""Many very short requests to both services, and what they hold meanwhile."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.http_client import Request
from benchmarks.inputs import Clip, text_request
from benchmarks.load import run
from benchmarks.measures import Goal, growth
from benchmarks.outcome import Progress
from benchmarks.servers import Server

CLIENTS = 16
GROWTH_PERCENT = 1.0
_STEPS = 20
_TEXTS = ("Yes.", "No.", "Good morning.", "Thank you.")


@dataclass(frozen=True, slots=True)
class Soaked:
    """One service over many requests."""

    service: str
    curve: tuple[tuple[int, int], ...]
    """Requests served and bytes held; begins after the warm-up."""
    errors: int

    @property
    def goal(self) -> Goal:
        """That it holds no more in the end than in the beginning."""
        (first, before), (last, after) = self.curve[0], self.curve[-1]
        name = f"{self.service.upper()}: memory after {last - first} short requests"
        return growth(name, before, after, at_most_percent=GROWTH_PERCENT)


def soaked(
    servers: Mapping[str, Server], clips: Sequence[Clip], requests: int, progress: Progress
) -> list[Soaked]:
    """Returns what each service holds over its half of so many requests."""
    sent = {
        "stt": [clip.request() for clip in clips],
        "tts": [text_request(text) for text in _TEXTS],
    }
    with ThreadPoolExecutor(len(servers)) as pool:
        made = [
            pool.submit(_soaked, name, server, sent[name], requests // len(servers), progress)
            for name, server in servers.items()
        ]
        return [one.result() for one in made]


def _soaked(
    name: str, server: Server, sent: Sequence[Request], requests: int, progress: Progress
) -> Soaked:
    # What a service keeps for good, it has after a fifth of a small run, or two thousand.
    warm_up = min(2000, max(20, requests // 5))
    step = max(1, requests // _STEPS)
    errors, curve = 0, []
    for before, done in pairwise([0, *range(warm_up, warm_up + requests + 1, step)]):
        many = [sent[place % len(sent)] for place in range(done - before)]
        errors += run(server.address, many, CLIENTS).errors
        curve.append((done, server.resident_bytes()))
        progress(f"  {name}: {done} requests, {curve[-1][1] / 2**20:.1f} MiB, {errors} errors")
    return Soaked(name, tuple(curve), errors)
