"""Everything long and large, of a size that its caller chooses, as a part of the benchmark."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import inputs
from benchmarks.endurance.connections import WORKING, Crowd, crowded
from benchmarks.endurance.hours import Heard, heard
from benchmarks.endurance.memory import watched
from benchmarks.endurance.recording import whole_clips
from benchmarks.endurance.soak import Soaked, soaked
from benchmarks.load import run
from benchmarks.measures import Goal
from benchmarks.outcome import Outcome, Setting
from benchmarks.race.clips import make_clips
from benchmarks.report import figure, table
from benchmarks.servers import SERVE, Command, Server, running

LATE_S = 0.25
"""How far a word may be from where it is in the clip alone: three frames of the recogniser."""
MORE_BYTES = 0.6 * 2**30
"""What long audio may take: what `docs/operations.md` names as the peak."""
_LARGE = {
    "NEMO_VOICE_MAX_AUDIO_S": str(25 * 3600),
    "NEMO_VOICE_MAX_UPLOAD_BYTES": str(4 * 2**30),
}
_CLIPS = 32

_METHOD = """\
One process of each service, the demo models, one thread. **Hours of audio** are one upload, made
while it is sent: every ten seconds a known clip of 1 to 7 s begins, in turn, with silence between
them. *equal* are clips with the words that they have alone; *off* is how far the first word of such
a clip is from where it is in the clip alone. *more* is the most that the service held beyond what
it held before, *after* what it holds beyond that five seconds later. **Connections**: each idle one
has been answered once and stays open while others work, and is answered again afterwards. **Soak**:
clips of one second, texts of a few words, 16 clients to each service."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long and how large."""

    hours: tuple[float, ...]
    characters: int
    connections: int
    requests: int
    """Of the soak, to both services together."""
    rounds: int


STANDARD = Sizes((1, 10), 10_000, 1000, 8000, rounds=3)
QUICK = Sizes((0.02,), 1000, 50, 80, rounds=1)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One long text."""

    characters: int
    seconds: float
    first_s: float
    audio_s: float
    more_bytes: int
    errors: int


def endured(sizes: Sizes, setting: Setting) -> Outcome:
    """Returns the outcome of everything."""
    clips = make_clips(_CLIPS, setting.logs, setting.progress)
    with ExitStack() as stack:
        setting.progress("starting both services")
        servers = {
            name: stack.enter_context(
                running(
                    Command(f"{name}-long", f"nemo_voice_{name}", ("serve", *SERVE)),
                    setting.logs,
                    _LARGE if name == "stt" else {},
                )
            )
            for name in ("stt", "tts")
        }
        for server in servers.values():
            server.wait()
        long = [_heard(servers["stt"], clips, hours, setting) for hours in sizes.hours]
        spoken = _spoken(servers["tts"], sizes.characters)
        setting.progress(f"  {sizes.characters} characters: {spoken.seconds:.0f} s")
        requests = [clip.request() for clip in clips]
        crowd = crowded(servers["stt"], requests * 4, sizes.connections, sizes.rounds)
        setting.progress(f"  {crowd.idle} idle connections: {crowd.ratio:.2f} of the throughput")
        short = inputs.shortened(clips, inputs.cache_folder() / "clips-1s")
        soaks = soaked(servers, short, sizes.requests, setting.progress)
    return outcome_of(long, spoken, crowd, soaks)


def outcome_of(
    long: Sequence[Heard], spoken: Spoken, crowd: Crowd, soaks: Sequence[Soaked]
) -> Outcome:
    """Returns the part's outcome."""
    figures: dict[str, Any] = {
        "hours": [asdict(one) for one in long],
        "text": asdict(spoken),
        "connections": asdict(crowd),
        "soak": {one.service: [list(point) for point in one.curve] for one in soaks},
    }
    return Outcome(
        goals=tuple(_goals(long, crowd, soaks)),
        sections=(
            "## Long and large",
            _METHOD,
            _hours_table(long),
            _text_line(spoken),
            _crowd_line(crowd),
            _soak_table(soaks),
        ),
        figures=figures,
    )


def _heard(server: Server, clips: Sequence[inputs.Clip], hours: float, setting: Setting) -> Heard:
    found = heard(server, whole_clips(clips), hours)
    setting.progress(
        f"  {hours:g} h: {found.seconds:.0f} s, {_mib(found.more_bytes)} more,"
        f" {found.equal} of {found.slots} equal, off {found.late_s}, monotone {found.is_monotone}"
    )
    return found


def _spoken(server: Server, characters: int) -> Spoken:
    sentences = inputs.SENTENCES
    text = ""
    while len(text) < characters:
        text += f"{sentences[len(text) % len(sentences)]} "
    request = inputs.text_request(text[:characters])
    with watched(server) as memory:
        began_s = time.perf_counter()
        made = run(server.address, [request], 1)
        seconds = time.perf_counter() - began_s
    first_s = made.firsts_s[0] if made.firsts_s else float("inf")
    return Spoken(characters, seconds, first_s, made.audio_s, memory.more_bytes, made.errors)


def _goals(long: Sequence[Heard], crowd: Crowd, soaks: Sequence[Soaked]) -> list[Goal]:
    goals = []
    for one in long:
        name = f"{one.hours:g} h of audio"
        right = 100 * one.equal / one.slots if one.is_monotone else 0.0
        goals += [
            Goal(f"{name}: clips as they are alone", right, 97.0, is_floor=True, unit="%"),
            Goal(f"{name}: words off, at most", one.late_s[1], LATE_S, is_floor=False, unit="s"),
            Goal(f"{name}: memory taken", one.more_bytes / 2**30, MORE_BYTES / 2**30,
                 is_floor=False, unit="GiB"),
        ]  # fmt: skip
    goals.append(
        Goal(f"{crowd.idle} idle connections: throughput with them against without",
             crowd.ratio, 0.95, is_floor=True, unit="x")
    )  # fmt: skip
    return goals + [one.goal for one in soaks]


def _text_line(spoken: Spoken) -> str:
    return (
        f"{spoken.characters} characters become {spoken.audio_s / 60:.0f} minutes of speech in "
        f"{figure(spoken.seconds)} s, the first of it after {figure(1000 * spoken.first_s)} ms; "
        f"the service holds at most {_mib(spoken.more_bytes)} more. {spoken.errors} errors."
    )


def _crowd_line(crowd: Crowd) -> str:
    return (
        f"{crowd.idle} idle connections are opened and answered in {figure(crowd.open_s)} s and "
        f"take {crowd.bytes_each / 1024:.0f} KiB each; beside them {WORKING} clients have "
        f"{crowd.ratio:.2f} of their throughput, and {crowd.answered} of the idle ones are "
        f"answered again. {crowd.errors} errors."
    )


def _hours_table(long: Sequence[Heard]) -> str:
    head = (
        "hours", "s for an hour", "more", "after", "clips", "equal", "off: median s", "most s",
        "last s", "in order",
    )  # fmt: skip
    return table(
        head,
        [
            (
                f"{one.hours:g}",
                figure(one.seconds / one.hours),
                _mib(one.more_bytes),
                _mib(one.held_after_bytes),
                str(one.slots),
                f"{100 * one.equal / one.slots:.1f} %",
                *(f"{value:.2f}" for value in one.late_s),
                "yes" if one.is_monotone else "**no**",
            )
            for one in long
        ],
    )


def _soak_table(soaks: Sequence[Soaked]) -> str:
    lines = []
    for one in soaks:
        (first, before), (last, after) = one.curve[0], one.curve[-1]
        most = max(held for _, held in one.curve)
        cells = [_mib(held) for held in (before, most, after)]
        lines.append((one.service, f"{first} to {last}", *cells, str(one.errors)))
    return table(("service", "requests", "before", "most", "after", "errors"), lines)


def _mib(size: float) -> str:
    return f"{size / 2**20:.1f} MiB"
