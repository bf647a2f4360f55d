"""Two cores under load: one process that computes with two threads, or two with one each.

The two processes are as two pods behind one Service are: each connection goes to one of them.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import perf_counter

from benchmarks.http_client import Request
from benchmarks.load import run
from benchmarks.measures import Round
from benchmarks.outcome import Setting
from benchmarks.servers import SERVE, Command, Server, running

ONE_PROCESS, TWO_PROCESSES, ONE_THREAD = (
    "one process, two threads",
    "two processes, a thread each",
    "one process, one thread",
)
Rounds = Mapping[tuple[str, int], Sequence[Round]]
"""By the arrangement and the number of clients."""


def compared(
    module: str,
    model: Sequence[str],
    requests: Sequence[Request],
    items: Mapping[int, int],
    rounds: int,
    setting: Setting,
) -> Rounds:
    """Returns the rounds of each arrangement, which take turns.

    Args:
        module: The service's.
        model: Its further arguments.
        requests: What the clients send.
        items: The number of requests for each number of clients.
        rounds: How often.
        setting: Of the part.
    """
    with ExitStack() as stack:

        def started(name: str, threads: int) -> Server:
            arguments = ("serve", *model, *_with_threads(threads))
            # Also MKL's own variable, which the other benchmarks set to one.
            environment = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
            return stack.enter_context(
                running(Command(name, module, arguments), setting.logs, environment)
            )

        wide = started("cpu-two-threads", 2)
        narrow = [started(f"cpu-one-thread-{place}", 1) for place in (1, 2)]
        for server in (wide, *narrow):
            server.wait()
        arranged = {ONE_THREAD: narrow[:1], ONE_PROCESS: [wide], TWO_PROCESSES: narrow}
        made: dict[tuple[str, int], list[Round]] = {}
        for number in range(rounds):
            for clients, count in items.items():
                names = list(arranged) if number % 2 == 0 else list(reversed(arranged))
                for name in names:
                    found = spread(arranged[name], requests[:count], clients)
                    made.setdefault((name, clients), []).append(found)
                    pace = found.audio_s / found.seconds
                    setting.progress(f"  {name}, {clients} clients: {pace:.1f} audio s/s")
        return made


def spread(servers: Sequence[Server], requests: Sequence[Request], clients: int) -> Round:
    """Returns the round of clients that are shared out among the servers."""
    used = list(servers)[: min(clients, len(servers))]
    with ThreadPoolExecutor(len(used)) as pool:
        began_s = perf_counter()
        parts = [
            pool.submit(run, server.address, requests[place :: len(used)], clients // len(used))
            for place, server in enumerate(used)
        ]
        found = [part.result() for part in parts]
        seconds = perf_counter() - began_s
    return Round(
        seconds,
        sum(part.items for part in found),
        sum(part.audio_s for part in found),
        sum(part.errors for part in found),
        tuple(latency for part in found for latency in part.latencies_s),
        tuple(first for part in found for first in part.firsts_s),
    )


def _with_threads(threads: int) -> list[str]:
    place = SERVE.index("--threads") + 1
    return [*SERVE[:place], str(threads), *SERVE[place + 1 :]]
