"""The races of the benchmark's parts: on a recogniser, and on the demo voice."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any

from benchmarks import inputs
from benchmarks.http_client import Request
from benchmarks.measures import Round, row
from benchmarks.outcome import Outcome, Setting
from benchmarks.peers.environment import make_environment, versions
from benchmarks.race.agreement import agreement
from benchmarks.race.clips import make_clips
from benchmarks.race.contest import Contest, Found, Plan
from benchmarks.race.goals import by_metrics, open_rows, race_goals
from benchmarks.race.nemo_loops import NemoRecogniser, NemoVoice
from benchmarks.race.systems import (
    NEMO,
    RAW,
    RECOGNISER,
    SERVERS,
    VOCODER,
    VOICE,
    recogniser_commands,
    voice_commands,
)
from benchmarks.race.tables import open_table, rows_table
from benchmarks.random_model import make_random_checkpoint
from benchmarks.raw import RawRecogniser, RawVoice, remote
from benchmarks.servers import Command, running

Workers = Mapping[str, tuple[Any, ...]]
"""Of each loop its class and what that is made with."""


def recogniser_race(
    title: str,
    plan: Plan,
    setting: Setting,
    *,
    is_random: bool = False,
    only: Sequence[str] = SERVERS,
) -> Outcome:
    """Returns the race on the demo recogniser, or on the large one with random weights."""
    clips = make_clips(plan.items, setting.logs, setting.progress)
    checkpoint, model, module = RECOGNISER, "demo", "nemo_voice_stt"
    if is_random:
        checkpoint = make_random_checkpoint(inputs.cache_folder() / "random-110m.nemo")
        model, module = checkpoint.as_uri(), "benchmarks.peers.unjudged_stt"
    paths = [clip.path for clip in clips]
    workers: Workers = {
        RAW: (RawRecogniser, model, paths),
        NEMO: (NemoRecogniser, str(checkpoint), paths),
    }
    commands = recogniser_commands(checkpoint, make_environment(), model=model, module=module)
    requests = [clip.request() for clip in clips]
    with _contest(plan, requests, workers, _chosen(commands, only), setting) as contest:
        return _outcome(title, plan, contest.play())


def voice_race(
    title: str, plan: Plan, setting: Setting, *, only: Sequence[str] = SERVERS
) -> Outcome:
    """Returns the race on the demo voice."""
    texts = inputs.texts(plan.items)
    workers: Workers = {
        RAW: (RawVoice, texts),
        NEMO: (NemoVoice, str(VOICE), str(VOCODER), texts),
    }
    commands = _chosen(voice_commands(make_environment()), only)
    requests = [inputs.text_request(text) for text in texts]
    with _contest(plan, requests, workers, commands, setting) as contest:
        return _outcome(title, plan, contest.play())


def _chosen(commands: Mapping[str, Command], only: Sequence[str]) -> dict[str, Command]:
    return {system: commands[system] for system in SERVERS if system in only}


@contextmanager
def _contest(
    plan: Plan,
    requests: Sequence[Request],
    workers: Workers,
    commands: Mapping[str, Command],
    setting: Setting,
) -> Iterator[Contest]:
    """Yields the contest, its systems started and standing still."""
    with ExitStack() as stack:
        setting.progress(f"starting {', '.join((*workers, *commands))}")
        servers = {
            system: stack.enter_context(running(command, setting.logs))
            for system, command in commands.items()
        }
        loops = {
            loop: stack.enter_context(remote(*worker, log=setting.logs / f"loop-{number}.log"))
            for number, (loop, worker) in enumerate(workers.items())
        }
        for server in servers.values():
            server.wait()
            server.pause()
        yield Contest(plan, requests, loops, servers, setting.progress)


def _outcome(title: str, plan: Plan, found: Found) -> Outcome:
    loads = sorted(load.clients for load in plan.loads)
    order = [(system, clients) for clients in loads for system in (RAW, NEMO, *SERVERS)]
    rows = [row(*key, found.rounds[key]) for key in order if key in found.rounds]
    sections = [f"## {title}", "Clients in a closed loop:", rows_table(rows)]
    figures: dict[str, Any] = {"rows": [asdict(one) for one in rows], "open": []}
    if plan.arrivals is not None:
        wanted = plan.arrivals
        opened = open_rows(found, wanted.seconds, wanted.deadline_s, first=wanted.is_first_audio)
        what = "first audio within" if wanted.is_first_audio else "within"
        told = (
            f"Requests that arrive by themselves, at shares of {found.capacity_hz:.1f}/s, the "
            f"service's median with 32 clients, for {wanted.seconds:g} s each:"
        )
        sections += [told, open_table(opened, f"{what} {wanted.deadline_s:g} s")]
        figures["open"] = [asdict(one) for one in opened]
    sections.append("\n".join(f"- {note}" for note in _notes(found)))
    figures["rounds"] = {
        f"{system}, {clients}": [_kept(one) for one in rounds]
        for (system, clients), rounds in found.rounds.items()
    }
    return Outcome(tuple(race_goals(title, found)), tuple(sections), figures)


def _kept(one: Round) -> dict[str, float]:
    return {"seconds": one.seconds, "items": one.items, "audio_s": one.audio_s}


def _notes(found: Found) -> Iterator[str]:
    for loop in (RAW, NEMO):
        sizes = ", ".join(
            f"{batch} for {clients}" for (of, clients), batch in found.batches.items() if of == loop
        )
        yield f"Batches of {loop} by clients, the quickest that are not larger: {sizes}."
    yield by_metrics(found)
    yield f"{versions()}; every server and loop computes with one thread."
    yield from agreement(found.first_responses)
    everything = [
        *found.open_rounds.values(),
        *(one for many in found.rounds.values() for one in many),
    ]
    most = max(one.generator for one in everything)
    yield f"The load generator used at most {100 * most:.0f} % of a core in any round."
