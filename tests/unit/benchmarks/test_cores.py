"""The page about processor cores: one line for each model, format and number of threads."""

from benchmarks.cores.computing import Pace
from benchmarks.cores.sharing import ONE_PROCESS, ONE_THREAD, TWO_PROCESSES
from benchmarks.measures import Round
from benchmarks.parts.cpu import outcome_of


def pace(model: str, precision: str, *each: float, threads: int = 1) -> Pace:
    return Pace(model, precision, threads, 10**9, each, (each,))


ROUND = Round(2.0, 4, 40.0, latencies_s=(0.1, 0.2, 0.3, 0.4))
SHARED = {
    (name, clients): [ROUND]
    for name in (ONE_THREAD, ONE_PROCESS, TWO_PROCESSES)
    for clients in (1, 8)
}


def test_int8_is_measured_against_float32_on_the_large_models() -> None:
    paces = [
        pace("demo", "float32", 50.0, 100.0),
        pace("110M class", "int8", 30.0, 60.0),
        pace("110M class", "float32", 10.0, 20.0),
        pace("110M class", "float32", 15.0, 30.0, threads=2),
    ]
    outcome = outcome_of(paces, [], SHARED)
    assert [(goal.name.split(":")[0], goal.measured) for goal in outcome.goals] == [
        ("110M class", 3.0)
    ]
    rows = [line.split(" | ")[:3] for line in outcome.sections[3].splitlines()[2:]]
    assert rows == [
        ["| demo", "float32", "1"],
        ["| 110M class", "float32", "1"],
        ["| 110M class", "int8", "1"],
        ["| 110M class", "float32", "2"],
    ]


def test_each_arrangement_has_its_throughput_and_its_slowest_requests() -> None:
    outcome = outcome_of([], [], SHARED)
    assert [line for line in outcome.sections[-1].splitlines() if ONE_PROCESS in line] == [
        f"| {ONE_PROCESS} | 20.0 | 400 | 20.0 | 400 | 0 |"
    ]
