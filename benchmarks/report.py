"""The results as a page: goals beside what was measured, tables, and how to repeat it."""

from collections.abc import Iterable, Sequence

from benchmarks.measures import Goal, Row
from benchmarks.results import Circumstances, Comparison, Memory, Part, Parts

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

_METHOD = """\
- **service**: the service as `serve` starts it, one process, over HTTP on the loopback.
- **first design**: Flask, one request at a time, temporary files, `transcribe()` or the models'
  public calls (`benchmarks/peers/`), restored by plain NeMo.
- **raw model**: the service's backends called in a loop in one process, without HTTP or queue:
  inputs sorted by length, in batches of the size that was quickest here. No server can be quicker.
- All get the same checkpoints and the same fixed inputs: clips of 1 to 8 s at 16 kHz, texts of 20
  to 150 characters without digits, which the first design would leave out with the demo voice.
- Each computes with one thread; the load generator, one process apart, has another core.
- Clients are a closed loop: each sends its next request when it has its response, until the list of
  requests is done. Throughput counts the whole list, from the first request to the last response.
- The systems take turns in each round, the order reversed every other round. Throughputs and ratios
  are medians of the rounds; a ratio is taken within a round and compares the time for the same
  inputs. Percentiles are over all requests of all rounds, measured by the client.
- The 110M-class model has the size of NVIDIA's and random weights, its last biases set so that it
  emits a token every four frames of 80 ms, as a trained one does in speech: left alone, it would
  emit as many as it may on every frame, or none. The decoder is the same in all systems.
  It understands nothing, so its service runs with the threshold of the check at its start lifted
  (`benchmarks/peers/unjudged_stt.py`); nothing else differs.
- Overhead is the latency of a request with one client less the model's own time on the same input,
  called directly in the same round. First audio is compared with the model's time for the first
  phrase in the same way.
- Memory is what the service's processes hold (resident), after the warm-up and after the last of
  many short requests from 16 clients: clips of one second, sentences of up to 20 characters."""


def page(parts: Parts) -> str:
    """Returns the whole page in Markdown."""
    sections = [
        "# Benchmarks",
        _INTRODUCTION,
        f"![Throughput, latency and memory]({PICTURE})",
        "## Goals",
        goals_table(parts),
        "## How it is measured",
        _METHOD,
        *(section for part in parts.values() for section in _sections(part)),
    ]
    return "\n\n".join(sections) + "\n"


def goals_table(parts: Parts) -> str:
    """Returns every goal beside what was measured."""
    lines = [goal_line(goal) for part in parts.values() for goal in part.goals]
    return table(("goal", "wanted", "measured", "per round", "met"), lines)


def rows_table(rows: Sequence[Row]) -> str:
    """Returns the systems' figures beside each other."""
    has_first = any(row.first_audio_ms for row in rows)
    head = ["system", "clients", "requests/s", "audio s/s", "p50 ms", "p95 ms", "p99 ms"]
    head += ["first audio p50 ms", "p95 ms", "p99 ms"] if has_first else []
    head += ["requests", "errors"]
    lines = []
    for row in rows:
        cells = [row.system, "" if row.clients is None else str(row.clients)]
        cells += [figure(row.items_per_s), figure(row.audio_per_s)]
        cells += _cells(row.latency_ms, 3)
        cells += _cells(row.first_audio_ms, 3) if has_first else []
        lines.append((*cells, str(row.items), str(row.errors)))
    return table(tuple(head), lines)


def memories_table(memories: Sequence[Memory]) -> str:
    """Returns what each service held before and after."""
    lines = []
    for memory in memories:
        (first, before), (last, after) = memory.curve[0], memory.curve[-1]
        largest = max(held for _, held in memory.curve)
        cells = [f"{held / 2**20:.1f}" for held in (before, largest, after)]
        lines.append((memory.service, f"{first} to {last}", *cells, str(memory.errors)))
    head = ("service", "requests", "MiB before", "most MiB", "MiB after", "errors")
    return table(head, lines)


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


def _sections(part: Part) -> Iterable[str]:
    if part.comparison is not None:
        yield from _comparison(part.comparison)
    if part.memories:
        yield "## Memory"
        yield memories_table(part.memories)
    yield circumstances_line(part.circumstances)
    if part.circumstances.load_before > QUIET_LOAD:
        yield _BUSY


def _comparison(comparison: Comparison) -> Iterable[str]:
    yield f"## {comparison.title}"
    yield rows_table(comparison.rows)
    if comparison.notes:
        yield "\n".join(f"- {note}" for note in comparison.notes)


def circumstances_line(facts: Circumstances) -> str:
    """Returns when, where and by which command something was measured."""
    return (
        f"Measured {facts.started} in {facts.seconds:.0f} s by `{facts.command}`.\n"
        f"{facts.machine}; {facts.software}; load average just before: {facts.load_before:.1f}."
    )


def _cells(values: Sequence[float] | None, count: int) -> list[str]:
    return [figure(value) for value in values] if values else [""] * count


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Returns a table."""
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
