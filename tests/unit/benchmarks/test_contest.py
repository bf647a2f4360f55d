"""Who runs when: the order of the race's steps, against servers and loops that only take notes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmarks.http_client import Request
from benchmarks.measures import Response, Round
from benchmarks.race import contest
from benchmarks.race.contest import Arrivals, Contest, Load, Plan
from benchmarks.race.systems import FIRST_DESIGN, LITSERVE, RAW, SERVICE

CLIP = Request("/transcribe", b"sound", "audio/wav", audio_s=3.5)


@dataclass
class Notes:
    """What was done, in order."""

    steps: list[str] = field(default_factory=list)
    awake: set[str] = field(default_factory=set)
    most_awake: int = 0


@dataclass
class Noted:
    """Stands for a server."""

    address: str
    notes: Notes

    def pause(self) -> None:
        self.notes.awake.discard(self.address)

    def resume(self) -> None:
        self.notes.awake.add(self.address)
        self.notes.most_awake = max(self.notes.most_awake, len(self.notes.awake))

    def batch_seconds(self) -> float:
        return 1.0


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    """Takes down what is sent instead of sending it."""
    made = Notes()

    def served(address: str, requests: Sequence[Request], clients: int) -> Round:
        made.steps.append(f"{address} {clients}")
        return Round(2.0, len(requests), 1.0, latencies_s=(0.1,) * len(requests))

    def opened(address: str, _requests: Any, times: Sequence[float], _patience_s: float) -> Round:
        made.steps.append(f"{address} open {len(times)}")
        return Round(2.0, len(times), 1.0, latencies_s=(0.1,) * len(times))

    def answered(address: str, requests: Sequence[Request], _clients: int) -> list[Response]:
        made.steps.append(f"{address} first")
        return [Response(0.1, 1.0, None, None)] * len(requests)

    monkeypatch.setattr(contest, "run", served)
    monkeypatch.setattr(contest, "run_open", opened)
    monkeypatch.setattr(contest, "responses_to", answered)
    return made


def played(notes: Notes, plan: Plan) -> Contest:
    seconds = {1: 4.0, 4: 2.0, 16: 3.0}

    def loop(name: str, places: range, *batch: int) -> Any:
        if name == "batched":
            notes.steps.append(f"loop by {batch[0]}")
            return Round(seconds[batch[0]], len(places), 1.0)
        return [0.05] * len(places)

    servers: Any = {name: Noted(name, notes) for name in (SERVICE, LITSERVE, FIRST_DESIGN)}
    made = Contest(plan, [CLIP] * plan.items, {RAW: loop}, servers, lambda _line: None)
    made.play()
    return made


def plan_of(*loads: Load, arrivals: Arrivals | None = None) -> Plan:
    return Plan(
        rounds=2,
        loads=loads,
        first_design=(1,),
        first_items=3,
        trial=4,
        batches=(1, 4, 16),
        arrivals=arrivals,
    )


def test_systems_take_turns_and_the_second_round_is_in_the_reversed_order(notes: Notes) -> None:
    played(notes, plan_of(Load(1, 8, 2), Load(32, 16, 1)))
    steps = notes.steps[notes.steps.index("service first") + 3 :]
    full = ["loop by 4", "service 32", "LitServe 32"]
    one = ["loop by 1", "service 1", "LitServe 1", "first design 1"]
    assert steps == [*full, *one, *reversed(one)]


def test_no_server_runs_while_another_is_measured(notes: Notes) -> None:
    played(notes, plan_of(Load(1, 8, 2), Load(32, 16, 2)))
    assert (notes.most_awake, notes.awake) == (1, set())


def test_a_loop_takes_the_quickest_batch_that_the_clients_fill(notes: Notes) -> None:
    found = played(
        notes, plan_of(Load(1, 8, 1), Load(8, 8, 1), Load(32, 8, 1), Load(128, 8, 1))
    ).found
    assert found.batches == {(RAW, 1): 1, (RAW, 8): 4, (RAW, 32): 4, (RAW, 128): 4}
    assert (RAW, 128) not in found.rounds
    assert len(found.alone_s) == 8


def test_the_first_design_has_few_requests(notes: Notes) -> None:
    found = played(notes, plan_of(Load(1, 8, 2), Load(32, 16, 2))).found
    assert [one.items for one in found.rounds[FIRST_DESIGN, 1]] == [3, 3]
    assert (FIRST_DESIGN, 32) not in found.rounds


def test_every_server_but_the_first_design_gets_the_same_arrivals(notes: Notes) -> None:
    arrivals = Arrivals(shares=(0.5, 1.0), seconds=20, deadline_s=2.0)
    found = played(notes, plan_of(Load(1, 8, 1), Load(32, 16, 2), arrivals=arrivals)).found
    assert found.capacity_hz == 8.0
    assert set(found.open_rounds) == {
        (system, share) for system in (SERVICE, LITSERVE) for share in (0.5, 1.0)
    }
    arrived = [found.open_rounds[system, 1.0].items for system in (SERVICE, LITSERVE)]
    assert arrived[0] == arrived[1]
    opened = [step.split(" open")[0] for step in notes.steps if "open" in step]
    assert opened == [SERVICE, LITSERVE, LITSERVE, SERVICE]
