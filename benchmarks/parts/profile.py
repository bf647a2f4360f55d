"""Where the time of a request goes, with one client and with a full house."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import inputs
from benchmarks.http_client import Request
from benchmarks.load import run
from benchmarks.outcome import Outcome, Setting
from benchmarks.peers.environment import make_environment
from benchmarks.profile.sampling import Profile, profiled
from benchmarks.profile.stacks import REST, RULES
from benchmarks.race.clips import make_clips
from benchmarks.race.nemo_loops import NemoRecogniser
from benchmarks.race.systems import RECOGNISER, SERVICE, recogniser_commands, voice_commands
from benchmarks.raw import remote
from benchmarks.report import figure, table
from benchmarks.servers import Command, running

LOADS = {"STT, demo": {1: 48, 32: 192}, "TTS": {1: 12, 32: 32}}
QUICK_LOADS = {"STT, demo": {1: 4, 32: 32}, "TTS": {1: 2}}
WORD_ROUNDS, WORD_ITEMS, WORD_BATCH = 5, 64, 16
SPARE_S = 1.0

_METHOD = """\
The service's metrics, and its stacks sampled 200 times a second (py-spy) during a load that is run
again. A sample counts where a thread is running, for the innermost module that is NeMo's, the
server's or ours; waiting threads count nothing, and two that run at once count twice, so a column
may add up to more than the time on the clock."""


def measure(setting: Setting) -> Outcome:
    """Returns the profiles of both services, and what word times cost."""
    loads = QUICK_LOADS if setting.is_quick else LOADS
    python = make_environment()
    stt, tts = loads
    clips = make_clips(max(loads[stt].values()), setting.logs, setting.progress)
    texts = inputs.texts(max(loads[tts].values()))
    service, module = SERVICE, "nemo_voice_stt"
    commands = {
        stt: recogniser_commands(RECOGNISER, python, model="demo", module=module)[service],
        tts: voice_commands(python)[service],
    }
    requests = {
        stt: [clip.request() for clip in clips],
        tts: [inputs.text_request(text) for text in texts],
    }
    sections = ["## Where the time goes", _METHOD]
    figures: dict[str, Any] = {}
    for name, command in commands.items():
        found = _profiles(command, requests[name], loads[name], setting)
        sections += [f"**{name}**, milliseconds per request:", activity_table(found)]
        sections.append(stage_table(found))
        figures[name] = [asdict(profile) for profile in found]
    figures["word times"] = _word_times([clip.path for clip in clips], setting)
    sections.append(words_line(figures["word times"]))
    return Outcome(sections=tuple(sections), figures=figures)


def activity_table(profiles: Sequence[Profile]) -> str:
    """Returns what the service's threads did for a request, load by load."""
    head = ["", *(f"{one.clients} client{'s' if one.clients > 1 else ''}" for one in profiles)]
    lines = [["latency, as the clients measure it", *(figure(one.latency_ms) for one in profiles)]]
    lines.append(["of it in the service", *(figure(one.request_ms) for one in profiles)])
    for activity in (*RULES, REST):
        spent = [one.activity_ms.get(activity, 0.0) for one in profiles]
        if any(spent):
            lines.append([f"running: {activity}", *map(figure, spent)])
    lines.append(["running, all", *(figure(sum(one.activity_ms.values())) for one in profiles)])
    return table(head, lines)


def stage_table(profiles: Sequence[Profile]) -> str:
    """Returns what the service says of its batches, load by load."""
    head = ["clients", "stage", "batches", "items in one", "ms of one", "ms an item waits"]
    head.append("ms per request")
    lines = [
        (str(one.clients), stage.name, str(stage.batches), *map(figure, _stage_cells(stage)))
        for one in profiles
        for stage in one.stages
    ]
    return table(head, lines)


def words_line(ratios: Sequence[float]) -> str:
    """Returns the sentence of what word times cost."""
    each = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    return (
        f"Times and confidence of words, which the service gives and the peers do not, make NeMo's "
        f"own calls take {median(ratios):.3f} times as long (demo, batches of {WORD_BATCH}; each "
        f"round: {each})."
    )


def _stage_cells(stage: Any) -> Iterator[float]:
    yield from (stage.items_per_batch, stage.batch_ms, stage.wait_ms, stage.run_ms_per_request)


def _profiles(
    command: Command, requests: Sequence[Request], loads: dict[int, int], setting: Setting
) -> list[Profile]:
    python = make_environment()
    with running(command, setting.logs) as server:
        server.wait()
        run(server.address, requests[:8], 4)
        found = []
        for clients, items in loads.items():
            setting.progress(f"  {command.name}: {clients} clients")
            found.append(profiled(server, requests[:items], clients, python, SPARE_S))
        return found


def _word_times(paths: list[Path], setting: Setting) -> list[float]:
    """Returns, round by round, the time with word times over that without."""
    setting.progress("  NeMo's calls with and without word times")
    items = min(len(paths), WORD_BATCH if setting.is_quick else WORD_ITEMS)
    rounds = 1 if setting.is_quick else WORD_ROUNDS
    with ExitStack() as stack:
        plain, worded = (
            stack.enter_context(
                remote(
                    partial(NemoRecogniser, has_words=has_words),
                    *(str(RECOGNISER), paths[:items]),
                    log=setting.logs / f"words-{has_words}.log",
                )
            )
            for has_words in (False, True)
        )
        found = []
        for number in range(rounds):
            both = (plain, worded) if number % 2 == 0 else (worded, plain)
            spent = {call: call("batched", range(items), WORD_BATCH).seconds for call in both}
            found.append(spent[worded] / spent[plain])
        return found
