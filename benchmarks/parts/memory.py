"""How much memory each service holds over many short requests."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import inputs
from benchmarks.http_client import Request
from benchmarks.load import run
from benchmarks.measures import Goal, growth
from benchmarks.outcome import Outcome, Setting
from benchmarks.race.clips import make_clips
from benchmarks.report import table
from benchmarks.servers import SERVE, Command, Server, running

ITEMS, QUICK_ITEMS = 2_000, 40
WARM_UP, QUICK_WARM_UP = 500, 20

_METHOD = """\
What the service's processes hold (resident), after the warm-up and after the last of many short
requests from 16 clients: clips of one second, sentences of up to 20 characters."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one service over many requests."""

    service: str
    curve: tuple[tuple[int, int], ...]
    """Requests served and bytes held; begins after the warm-up."""
    errors: int
    goal: Goal


def measure(setting: Setting) -> Outcome:
    """Returns both services' memory before and after."""
    items = QUICK_ITEMS if setting.is_quick else ITEMS
    warm_up = QUICK_WARM_UP if setting.is_quick else WARM_UP
    clips = make_clips(32, setting.logs, setting.progress)
    short = inputs.shortened(clips, inputs.cache_folder() / "clips-1s")
    texts = [text for text in inputs.SENTENCES if len(text) <= 20]
    requests = {
        "stt": [clip.request() for clip in short],
        "tts": [inputs.text_request(text) for text in texts],
    }
    with ExitStack() as stack:
        setting.progress("starting both services")
        servers = {
            name: stack.enter_context(
                running(
                    Command(f"{name}-memory", f"nemo_voice_{name}", ("serve", *SERVE)),
                    setting.logs,
                )
            )
            for name in requests
        }
        with ThreadPoolExecutor(len(servers)) as pool:
            watched = [
                pool.submit(_memory, name, server, requests[name], items, warm_up, setting)
                for name, server in servers.items()
            ]
            return outcome_of([one.result() for one in watched])


def outcome_of(memories: Sequence[Memory]) -> Outcome:
    """Returns the part's outcome."""
    lines = []
    for memory in memories:
        (first, before), (last, after) = memory.curve[0], memory.curve[-1]
        largest = max(held for _, held in memory.curve)
        cells = [f"{held / 2**20:.1f}" for held in (before, largest, after)]
        lines.append((memory.service, f"{first} to {last}", *cells, str(memory.errors)))
    head = ("service", "requests", "MiB before", "most MiB", "MiB after", "errors")
    return Outcome(
        goals=tuple(memory.goal for memory in memories),
        sections=("## Memory", _METHOD, table(head, lines)),
        figures={
            "curves": {
                memory.service: [list(point) for point in memory.curve] for memory in memories
            }
        },
    )


def _memory(
    name: str,
    server: Server,
    requests: Sequence[Request],
    items: int,
    warm_up: int,
    setting: Setting,
) -> Memory:
    server.wait()
    done, errors, curve = 0, 0, []
    step = max(1, items // 20)
    for target in range(warm_up, warm_up + items + 1, step):
        count = target - done
        many = [requests[place % len(requests)] for place in range(count)]
        errors += run(server.address, many, clients=16).errors
        done = target
        curve.append((done, server.resident_bytes()))
        setting.progress(f"  {name}: {done} requests, {curve[-1][1] / 2**20:.0f} MiB")
    title = f"{name.upper()}: memory after {done - warm_up} requests more than after {warm_up}"
    goal = growth(title, curve[0][1], curve[-1][1], at_most_percent=1.0)
    return Memory(name, tuple(curve), errors, goal)
