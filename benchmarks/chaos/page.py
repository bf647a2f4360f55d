"""The trials as a page: what was promised, what failed, and what the status said and when."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.chaos.results import Trial
from benchmarks.report import table

_INTRODUCTION = """\
Made by `make test-chaos`: do not edit. `chaos.json` beside this page has every figure. The times
are those of a busy machine with few cores and never fail a test; the counts do."""

_METHOD = """\
- **The cluster** is a real Kubernetes of one node ([hack](../hack/README.md#the-cluster)) with the
  images of the release and the operator as the chart installs it. Everything shares one machine.
- **The load** comes from outside the pods through the Service's cluster address: callers that open
  a connection for each request, and callers that keep one. Each sends the next request a moment
  after its response. A response counts as answered if the body is whole and right.
- **In flight** are requests that began before a process was ended by force. **Unnoticed** are those
  that began while the endpoints still had its pod: the cluster needs a moment to see that a process
  is gone, and the readiness probe's period to see that it hangs. All others that failed are
  **beyond**, which is the figure that is promised to be 0.
- A refused connection is tried once more a tenth of a second later, as clients that reconnect do;
  the first try counts all the same.
- **Ready** is the time from the fault until all pods are ready and the status says so.
- **What the status said** is what a watch of the API server saw, in seconds after the fault."""


def page(trials: Sequence[Trial]) -> str:
    """Returns the whole page in Markdown."""
    return "\n\n".join(_sections(trials)) + "\n"


def _sections(trials: Sequence[Trial]) -> Iterator[str]:
    yield "# Chaos"
    yield _INTRODUCTION
    head = ("trial", "answered", "in flight", "unnoticed", "beyond", "ready s", "slowest s", "kept")
    yield table(head, [_line(trial) for trial in trials])
    yield "## How it is measured"
    yield _METHOD
    for trial in trials:
        yield from _section(trial)


def _line(trial: Trial) -> tuple[str, ...]:
    counts = trial.counts
    return (
        f"[{trial.name}](#{trial.name.lower().replace(' ', '-')})",
        str(counts.answered),
        *(_failures(each) for each in (counts.in_flight, counts.unnoticed, counts.beyond)),
        "" if trial.ready_s is None else f"{trial.ready_s:.0f}",
        f"{counts.slowest_s:.1f}",
        "yes" if trial.is_kept else "**no**",
    )


def _failures(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "0"


def _section(trial: Trial) -> Iterator[str]:
    yield f"## {trial.name}"
    yield f"{trial.fault} Promised: {trial.promise}"
    if trial.notes:
        yield "\n".join(f"- {note}" for note in trial.notes)
    if trial.timeline:
        said = [(f"{one.at_s:.1f}", one.what.replace("|", "\\|")) for one in trial.timeline]
        yield table(("s", "what the status said"), said)
    yield f"Measured {trial.measured}; load average at the end: {trial.load_average:.1f}."
