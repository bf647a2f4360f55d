"""The results as a page: goals beside what was measured, tables, and how to repeat it."""

from collections.abc import Iterable, Sequence

from benchmarks.measures import Goal
from benchmarks.race.method import METHOD
from benchmarks.results import Circumstances, Part, Parts

PICTURE = "results.png"
QUIET_LOAD = 1.0
"""A load average above this means that other work took part of the machine."""

_BUSY = """\
**The machine was busy with other work.** Throughputs are lower and latencies longer than on an idle
one. A service, which computes and sends at the same time, loses more than the raw model's one
thread. Repeat the run on an idle machine before relying on these figures."""

_INTRODUCTION = """\
Made by `make bench`: do not edit. `python -m benchmarks --help` lists shorter runs, and
`results.json` beside this page has every figure."""


def page(parts: Parts, missing: Sequence[str] = ()) -> str:
    """Returns the whole page in Markdown.

    Args:
        parts: What was measured.
        missing: The parts that were not, by name.
    """
    sections = [
        "# Benchmarks",
        _INTRODUCTION,
        f"![Throughput, latency and memory]({PICTURE})",
        "## Goals",
        goals_table(parts),
        *reasons(parts),
    ]
    if missing:
        sections.append(f"Not measured yet: {', '.join(f'`{name}`' for name in missing)}.")
    sections += ["## How the races are run", METHOD]
    sections += [section for name, part in parts.items() for section in _sections(name, part)]
    return "\n\n".join(sections) + "\n"


def goals_table(parts: Parts) -> str:
    """Returns every goal beside what was measured."""
    lines = [goal_line(goal) for part in parts.values() for goal in part.outcome.goals]
    return table(("goal", "wanted", "measured", "per round", "met"), lines)


def reasons(parts: Parts) -> list[str]:
    """Returns the list of what stands in the way of goals, empty when nobody knows or none is."""
    goals = [goal for part in parts.values() for goal in part.outcome.goals if goal.why]
    return ["\n".join(f"- {goal.name}: {goal.why}" for goal in goals)] if goals else []


def figure(value: float) -> str:
    """Returns a number with three digits that matter."""
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def goal_line(goal: Goal) -> tuple[str, ...]:
    """Returns a goal as a line of a table: wanted, measured, and whether it is met."""
    unit = goal.unit if goal.unit in {"", "x"} else f" {goal.unit}"
    wanted = f"{'≥' if goal.is_floor else '≤'} {goal.limit:g}{unit}"
    each = ", ".join(figure(value) for value in goal.spread)
    met = "yes" if goal.is_met else "**no**"
    measured = "not measured" if goal.measured is None else f"{figure(goal.measured)}{unit}"
    if goal.is_noise:
        measured, met = f"{measured}: noise", "unknown"
    return (goal.name, wanted, measured, each, met)


def circumstances_line(facts: Circumstances) -> str:
    """Returns when, where and by which command something was measured."""
    return (
        f"Measured {facts.started} in {facts.seconds:.0f} s by `{facts.command}`.\n"
        f"{facts.machine}; {facts.software}; load average just before: {facts.load_before:.1f}."
    )


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Returns a table."""
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def _sections(name: str, part: Part) -> Iterable[str]:
    yield from part.outcome.sections or (f"## {name}",)
    yield circumstances_line(part.circumstances)
    if part.circumstances.load_before > QUIET_LOAD:
        yield _BUSY
