"""What the race's rounds come to: rows of tables, and goals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from benchmarks.measures import Goal, Round, overhead, percentiles, promptness, speed_ratio
from benchmarks.race.contest import FULL_CLIENTS, Found
from benchmarks.race.systems import NEMO, PEERS, RAW, SERVICE

AHEAD = 1.5
"""How much faster than the best of the others the service should be."""
NEAR_RAW = 0.95
"""How near to the raw model, with as many clients as fill its batches."""
OVERHEAD_MS = 3.0
FIRST_AUDIO = 1.2

Rounds = Mapping[tuple[str, int], Sequence[Round]]


@dataclass(frozen=True, slots=True)
class OpenRow:
    """One system under requests that arrive by themselves."""

    system: str
    share: float
    """Of the service's capacity."""
    rate_hz: float
    arrived: int
    in_time_hz: float
    """Good responses within the deadline, per second: the goodput."""
    in_time: float
    """Their share of all requests."""
    refused: int
    errors: int
    """All that failed or was not there in time, refusals too."""
    latency_ms: tuple[float, float, float] | None
    first_audio_ms: tuple[float, float, float] | None


def race_goals(title: str, found: Found) -> list[Goal]:
    """Returns the goals of a race: against the raw model, the best peer, and of one client."""
    loads = sorted({clients for _system, clients in found.rounds})
    goals = [_against_raw(title, found.rounds)] if FULL_CLIENTS in loads else []
    goals += [against_peers(title, found.rounds, clients) for clients in loads]
    served_s = [latency for one in found.rounds[SERVICE, 1] for latency in one.latencies_s]
    name = f"{title}: overhead over the model's time, one client, median"
    goals.append(overhead(name, served_s, found.alone_s, at_most_ms=OVERHEAD_MS))
    if found.first_s:
        goals += _first_audio(title, found, loads)
    return goals


def against_peers(title: str, rounds: Rounds, clients: int) -> Goal:
    """Returns the goal to be ahead of the best peer as far as the raw model leaves room.

    The best peer is the one with the highest median throughput. A server cannot be faster than the
    model: where 0.95 of the raw loop's speed is less than 1.5 times the peer's, that is the limit.
    """
    best = best_peer(rounds, clients)
    name = f"{title}: {clients} client{'s' if clients > 1 else ''} against the best peer"
    if best is None:
        return Goal(name, None, AHEAD, is_floor=True, unit="x", why="no peer responded")
    name = f"{name} ({best})"
    room = limit_of(rounds, clients) / pace(rounds[best, clients])
    limit = min(AHEAD, NEAR_RAW * room)
    ours, theirs = rounds[SERVICE, clients], rounds[best, clients]
    goal = speed_ratio(name, ours, theirs, at_least=round(limit, 2))
    if limit == AHEAD:
        return goal
    why = f"the raw loop is {room:.2f}x of {best}, so the goal is 0.95 of that and not {AHEAD:g}x"
    return Goal(
        name, goal.measured, goal.limit, is_floor=True, unit="x", spread=goal.spread, why=why
    )


def best_peer(rounds: Rounds, clients: int) -> str | None:
    """Returns the peer with the highest throughput, or nothing when none responded."""
    paces = {peer: pace(rounds[peer, clients]) for peer in PEERS if (peer, clients) in rounds}
    best = max(paces, key=lambda peer: paces[peer], default=None)
    return best if best is not None and paces[best] > 0 else None


def limit_of(rounds: Rounds, clients: int) -> float:
    """Returns the inputs per second of the faster loop without a server, in fitting batches."""
    fitting = max(held for loop, held in rounds if loop == RAW and held <= clients)
    return max(pace(rounds[loop, fitting]) for loop in (RAW, NEMO) if (loop, fitting) in rounds)


def pace(rounds: Sequence[Round]) -> float:
    """Returns the median round's good responses per second."""
    return median(one.items / one.seconds for one in rounds)


def open_rows(found: Found, seconds: float, deadline_s: float, *, first: bool) -> list[OpenRow]:
    """Returns the rows of requests that arrived by themselves.

    Args:
        found: What the systems did.
        seconds: How long requests arrived.
        deadline_s: After it a response is worth nothing.
        first: Whether the deadline is for the first audio.
    """
    rows = []
    for (system, share), made in found.open_rounds.items():
        times_s = made.firsts_s if first else made.latencies_s
        in_time = sum(time_s <= deadline_s for time_s in times_s)
        arrived = made.items + made.errors
        rows.append(
            OpenRow(
                system=system,
                share=share,
                rate_hz=share * found.capacity_hz,
                arrived=arrived,
                in_time_hz=in_time / seconds,
                in_time=in_time / arrived if arrived else 0.0,
                refused=made.refused,
                errors=made.errors,
                latency_ms=_ms(made.latencies_s),
                first_audio_ms=_ms(made.firsts_s),
            )
        )
    return rows


def by_metrics(found: Found) -> str:
    """Returns what the service's own metrics say of one client's requests."""
    latencies_s = [latency for one in found.rounds[SERVICE, 1] for latency in one.latencies_s]
    extra_ms = 1000 * (mean(latencies_s or [0.0]) - found.batch_s / max(1, len(latencies_s)))
    return (
        f"By the service's own metrics (latency less `nemo_voice_batch_seconds`), a request of one "
        f"client costs {extra_ms:.1f} ms beyond its batch, on average."
    )


def _against_raw(title: str, rounds: Rounds) -> Goal:
    name = f"{title}: {FULL_CLIENTS} clients against the raw model"
    ours, raw = rounds[SERVICE, FULL_CLIENTS], rounds[RAW, FULL_CLIENTS]
    return speed_ratio(name, ours, raw, at_least=NEAR_RAW)


def _first_audio(title: str, found: Found, loads: Sequence[int]) -> list[Goal]:
    heard_s = [first for one in found.rounds[SERVICE, 1] for first in one.firsts_s]
    name = f"{title}: first audio over the first phrase's model time, one client, median"
    goals = [promptness(name, heard_s, found.first_s, at_most=FIRST_AUDIO)]
    for clients in loads:
        peers = [peer for peer in PEERS if (peer, clients) in found.rounds]
        firsts = {
            peer: first_audio_s(found.rounds[peer, clients])
            for peer in peers
            if any(one.firsts_s for one in found.rounds[peer, clients])
        }
        if not firsts:
            continue
        best = min(firsts, key=lambda peer: firsts[peer])
        pairs = zip(found.rounds[SERVICE, clients], found.rounds[best, clients], strict=True)
        ratios = tuple(
            median(ours.firsts_s) / median(theirs.firsts_s)
            for ours, theirs in pairs
            if ours.firsts_s and theirs.firsts_s
        )
        name = f"{title}: first audio, {clients} client{'s' if clients > 1 else ''}, over {best}'s"
        measured = median(ratios) if ratios else None
        limit = round(1 / AHEAD, 2)
        goals.append(Goal(name, measured, limit, is_floor=False, unit="x", spread=ratios))
    return goals


def first_audio_s(rounds: Sequence[Round]) -> float:
    """Returns the median time to first audio of all requests."""
    return median(first for one in rounds for first in one.firsts_s)


def _ms(times_s: Sequence[float]) -> tuple[float, float, float] | None:
    return percentiles([1000 * time_s for time_s in times_s]) if times_s else None
