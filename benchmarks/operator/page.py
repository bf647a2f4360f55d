"""The operator's results as a page: goals beside what was measured, and how to repeat it."""

from collections.abc import Iterator

from benchmarks.operator.population import NODES
from benchmarks.operator.results import Rest, Results, percentiles_ms
from benchmarks.report import QUIET_LOAD, circumstances_line, figure, goal_line, table

_INTRODUCTION = """\
Made by `make bench-operator`, which takes about {minutes:.0f} minutes: do not edit. `operator.json`
beside this page has every figure; `python -m benchmarks.operator --help` lists smaller runs."""

_METHOD = """\
- **The cluster**: a real kube-apiserver with its etcd and audit log, the controllers that make
  pods of Deployments and Jobs and bind claims, and the scheduler.
  [kwok](https://kwok.sigs.k8s.io) plays the kubelets of {nodes} nodes: a pod is ready as soon as it
  is placed, a download is complete at once. Everything, the benchmark too, shares one machine.
- **The VoiceServices**: {services} in ten namespaces, half tts and half stt. {demo} have the demo
  models and no cache; {cached} ask for a Hugging Face model, so each gets a claim, a Job, and its
  Deployment once the Job has reported its result.
- **The pods** have addresses of the loopback, where the benchmark responds for each of them
  like a service that is ready and idle.
- **The operator**: one process as `run` starts it, with its own role cluster-wide and its default
  settings. It is started when all VoiceServices are there and it has made nothing yet.
- **Applied**: every Deployment, Service, PodDisruptionBudget, NetworkPolicy and claim is there, and
  every status is about the newest spec. Polled twice a second.
- **At rest**: nothing changes, all are Ready; each VoiceService is reconciled again every
  ten minutes, one after the other. Every {every_s:.0f} s the operator also lists everything: what
  that costs is measured by itself, in the benchmark's process, and added.
- **Without an operator**: a cluster of its own, in which a client that decides nothing applies the
  same objects, eight at once, and one status each; with demo models for all, so no claims and no
  Jobs. No operator that writes all of that can be faster on this machine.
- **A change** is an annotation for the pods of one VoiceService, every 0.5 s another's: from
  sending the patch until a watch shows the Deployment with it."""

_BUSY = """\
**The machine was busy with other work**, which the times include; the seconds computed do so less.
Repeat the run on an idle machine before relying on the times."""


def page(found: Results) -> str:
    """Returns the whole page in Markdown."""
    return "\n\n".join(_sections(found)) + "\n"


def _sections(found: Results) -> Iterator[str]:
    run, whole = found.circumstances, found.convergence
    yield "# The operator's benchmark"
    yield _INTRODUCTION.format(minutes=max(1.0, run.seconds / 60))
    yield "## Goals"
    lines = [(*line[:3], line[4]) for line in map(goal_line, found.goals)]
    yield table(("goal", "wanted", "measured", "met"), lines)
    yield circumstances_line(run)
    if run.load_before > QUIET_LOAD:
        yield _BUSY
    yield "## How it is measured"
    yield _METHOD.format(
        nodes=NODES,
        services=whole.services,
        demo=whole.services - whole.cached,
        cached=whole.cached,
        every_s=found.resync.every_s,
    )
    yield "## From the start"
    yield from _start(found)
    yield "## At rest"
    yield from _rest(found)
    yield "## Changes"
    yield _changes(found)


def _start(found: Results) -> Iterator[str]:
    whole = found.convergence
    computed = whole.processors_s["operator"]
    yield (
        f"Applied after {figure(whole.applied_s)} s, all Ready after {figure(whole.ready_s)} s, "
        f"with {whole.requests} requests in {whole.reconciles} reconciles: "
        f"{figure(whole.requests / whole.services)} requests and "
        f"{figure(1000 * computed / whole.services)} ms of the operator's processor for each. "
        f"Load average at the end: {whole.load:.1f}."
    )
    bare = found.bare
    api_server_s = whole.processors_s["kube-apiserver"]
    yield (
        f"Without an operator the same objects take {figure(bare.applied_s)} s to be applied and "
        f"{figure(bare.ready_s)} s until their pods are available, with {bare.requests} requests: "
        f"the operator takes {figure(whole.applied_s / bare.applied_s)} times and "
        f"{figure(whole.ready_s / bare.ready_s)} times that. The API server computed "
        f"{figure(bare.api_server_s)} s then, and {figure(api_server_s)} s with the operator."
    )
    ordered = sorted(whole.processors_s.items(), key=lambda one: -one[1])
    lines = [(name, figure(took_s), figure(took_s / computed)) for name, took_s in ordered]
    yield table(("until all were Ready", "processor s", "to the operator's"), lines)


def _rest(found: Results) -> Iterator[str]:
    lines = [
        _resting("without `scaling`", found.idle),
        _resting(f"{found.scaling.scaled} with `scaling`", found.scaling),
    ]
    head = ("VoiceServices", "s", "processor s", "core", "reconciles", "memory MiB", "load average")
    yield table(head, lines)
    resync = found.resync
    yield (
        f"A resync takes {resync.processor_s:.2f} s each {resync.every_s:.0f} s, "
        f"{resync.cores:.4f} core. One VoiceService with `scaling`, whose pod is read every 5 s, "
        f"adds {figure(found.millicores_each)} thousandths of a core. Memory once all were Ready: "
        f"{_mib(found.convergence.resident_bytes)} MiB."
    )


def _resting(name: str, rest: Rest) -> tuple[str, ...]:
    return (
        name,
        f"{rest.seconds:.0f}",
        f"{rest.processor_s:.2f}",
        f"{rest.cores:.4f}",
        str(rest.reconciles),
        _mib(rest.resident_bytes),
        f"{rest.load:.1f}",
    )


def _changes(found: Results) -> str:
    changes = found.changes
    count = len(changes.latencies_s)
    cells = map(figure, percentiles_ms(changes.latencies_s)) if count else ["", "", "", ""]
    each_ms = 1000 * changes.processor_s / max(1, count)
    line = (str(count), str(changes.lost), *cells, figure(each_ms), f"{changes.load:.1f}")
    head = ("changes", "lost", "p50 ms", "p95 ms", "p99 ms", "slowest ms", "processor ms each")
    return table((*head, "load average"), [line])


def _mib(held_bytes: int) -> str:
    return f"{held_bytes / 2**20:.0f}"
