"""What a core gives: number formats, threads, and one process or two, for people without a GPU."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks import inputs
from benchmarks.cores.computing import FORMATS, LOADS, TEXTS, Pace, recogniser_paces, voice_paces
from benchmarks.cores.sharing import (
    ONE_PROCESS,
    ONE_THREAD,
    TWO_PROCESSES,
    Rounds,
    compared,
)
from benchmarks.measures import Goal, percentile
from benchmarks.outcome import Outcome, Setting
from benchmarks.race.clips import make_clips
from benchmarks.random_model import MEDIUM, SMALL, make_random_checkpoint
from benchmarks.report import figure, table

DEMO, VOICE = "demo", "demo voice"
LARGE = {f"{size.name.upper()} class": size for size in (SMALL, MEDIUM)}
ROUNDS = {DEMO: 5, VOICE: 5, "110M class": 3, "0.6B class": 2}
ITEMS = {1: 12, 8: 32, 32: 64}
SHARING_ROUNDS = 3
INT8_GOAL = 1.3

_METHOD = """\
The models are called directly, without HTTP, each number format in a process of its own; formats
and numbers of threads take turns, and figures are medians. A batch is so many pieces of that many
seconds, cut from speech of the demo voice; the voice speaks so many texts of up to 150 characters.
*memory* is what the process holds afterwards. The larger recognisers have NVIDIA's sizes and random
weights, and a token every four frames."""
_SHARING = """\
The demo recogniser as a service, on as many cores as the clients leave: clips of 1 to 8 s. Two
processes are as two pods behind a Service are: half of the connections go to each, and a single
client's to one of them."""


def measure(setting: Setting) -> Outcome:
    """Returns how fast recognisers and the demo voice are on cores."""
    clips = [clip.path for clip in make_clips(8, setting.logs, setting.progress)]
    rounds = dict.fromkeys(ROUNDS, 1) if setting.is_quick else ROUNDS
    paces = recogniser_paces(DEMO, "demo", clips, rounds[DEMO], setting)
    # The largest takes a minute to make and 2.5 GB of disk.
    sizes = dict(list(LARGE.items())[: 0 if setting.is_quick else None])
    for name, size in sizes.items():
        model = make_random_checkpoint(inputs.cache_folder() / f"random-{size.name}.nemo", size)
        paces += recogniser_paces(name, model.as_uri(), clips, rounds[name], setting)
    spoken = voice_paces(VOICE, rounds[VOICE], setting)
    return outcome_of(paces, spoken, _shared(setting))


def outcome_of(paces: Sequence[Pace], spoken: Sequence[Pace], shared: Rounds) -> Outcome:
    """Returns the part's outcome."""
    heads = [load.name for load in LOADS], [f"{count} texts" for count in TEXTS]
    figures: dict[str, Any] = {
        f"{pace.model}, {pace.precision}, {pace.threads} threads": {
            "resident_bytes": pace.resident_bytes,
            "rounds": [list(one) for one in pace.rounds],
        }
        for pace in (*paces, *spoken)
    }
    return Outcome(
        goals=tuple(_goals(paces)),
        sections=(
            "## Processor cores",
            _METHOD,
            "Speech to text, audio seconds per second:",
            _pace_table(heads[0], paces),
            "Text to speech, audio seconds per second:",
            _pace_table(heads[1], spoken),
            _SHARING,
            _sharing_table(shared),
        ),
        figures=figures,
    )


def _shared(setting: Setting) -> Rounds:
    items = {1: 2, 8: 8} if setting.is_quick else ITEMS
    clips = make_clips(max(items.values()), setting.logs, setting.progress)
    requests = [clip.request() for clip in clips]
    rounds = 1 if setting.is_quick else SHARING_ROUNDS
    return compared("nemo_voice_stt", ("--model", "demo"), requests, items, rounds, setting)


def _goals(paces: Sequence[Pace]) -> Iterable[Goal]:
    by_key = {(pace.model, pace.precision, pace.threads): pace for pace in paces}
    for model in LARGE:
        exact, small = (by_key.get((model, precision, 1)) for precision in ("float32", "int8"))
        if exact is not None and small is not None:
            ratios = tuple(
                ours[-1] / theirs[-1]
                for ours, theirs in zip(small.rounds, exact.rounds, strict=True)
            )
            name = f"{model}: int8 against float32, 30 s, one core"
            yield Goal(name, median(ratios), INT8_GOAL, is_floor=True, unit="x", spread=ratios)


def _pace_table(loads: Sequence[str], paces: Sequence[Pace]) -> str:
    lines = [
        (
            pace.model,
            pace.precision,
            str(pace.threads),
            *map(figure, pace.audio_per_s),
            *[""] * (len(loads) - len(pace.audio_per_s)),
            f"{pace.resident_bytes / 1e9:.1f} GB",
        )
        for pace in sorted(paces, key=_place)
    ]
    return table(("model", "precision", "threads", *loads, "memory"), lines)


def _place(pace: Pace) -> tuple[int, int, int]:
    models = [*ROUNDS]
    return models.index(pace.model), pace.threads, FORMATS.index(pace.precision)


def _sharing_table(shared: Rounds) -> str:
    clients = sorted({count for _, count in shared})
    lines = []
    for name in (ONE_THREAD, ONE_PROCESS, TWO_PROCESSES):
        cells: list[str] = []
        for count in clients:
            made = shared[name, count]
            slow = [1000 * value for one in made for value in one.latencies_s]
            cells += [
                figure(median(one.audio_s / one.seconds for one in made)),
                figure(percentile(slow, 95)) if slow else "",
            ]
        errors = sum(one.errors for count in clients for one in shared[name, count])
        lines.append((name, *cells, str(errors)))
    heads = [f"{count} client{'s' * (count > 1)}: {one}"
             for count in clients for one in ("audio s/s", "p95 ms")]  # fmt: skip
    return table(("arrangement", *heads, "errors"), lines)
