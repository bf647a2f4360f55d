"""The results of live sessions as a page: goals beside what was measured, and how to repeat it."""

from collections.abc import Iterator, Sequence

from benchmarks.live.results import BEHIND_S, FINAL_MS, LATE_S, Level, Results
from benchmarks.report import QUIET_LOAD, circumstances_line, figure, goal_line, table

_INTRODUCTION = """\
Made by `make bench-live`, which takes about {minutes:.0f} minutes: do not edit. `live.json` beside
this page has every figure; `python -m benchmarks.live --help` lists smaller runs."""

_METHOD = """\
- **The service** is one process as `serve` starts it, with the demo model, computing with one
  thread on a CPU. The clients are another process: real WebSockets, OpenAI's transcription
  sessions, 16 kHz.
- **A client** says recordings of 1 to 8 s with 1.2 s of silence between them, in pieces of 50 ms,
  as fast as speech: it speaks about four fifths of the time, which nobody in a conversation does.
  The service finds the ends by itself, after 0.5 s of silence.
- **Final**: from sending the piece with which these 0.5 s are complete until the client has the
  transcript. It counts what the network, the queue, the detector and the model take.
- **Kept up with** are so many sessions of which 95 of 100 finals come within {final_ms:.0f} ms
  and 99 of 100 pieces of audio are listened to within {behind_s:g} s of their arrival, and none
  is refused. The numbers double until that fails; then the space between is halved.
- **Partials** and **behind** are the service's own metrics, as the ends of their buckets: from
  the newest audio of a partial to its text, and from the arrival of audio until it was listened
  to.
- **Begun in the silence**: a few sessions with `early_final_s` as it is, and as many with 0 at the
  same time, each a service of its own.
- **Texts**: each final transcript of the levels beside what `/v1/audio/transcriptions` says of
  the samples between `audio_start_ms` and `audio_end_ms`. Word errors are those of
  whole recordings against the text that was spoken, all of them sent to one session as fast as
  it takes them, and as files; recordings that were cut at 8 s do not count.
- **Memory**: each session says a second of audio, commits it, and leaves once it has its text.
- **Speech of text in pieces**: sentences of one clause, word by word through `stream-input`, in
  turn with `/synthesize`, one client, a text to speech service by itself."""

_BUSY = """\
**The machine was busy with other work**, which takes from the number of sessions and adds to every
time. Repeat the run on an idle machine before relying on it."""

_UNFAIR = """\
The clients themselves sent more than one of 100 pieces later than {late_s:g} s where marked *late*:
there the machine is measured, not the service."""


def page(found: Results) -> str:
    """Returns the whole page in Markdown."""
    return "\n\n".join(_sections(found)) + "\n"


def _sections(found: Results) -> Iterator[str]:
    run = found.circumstances
    yield "# The benchmark of live sessions"
    yield _INTRODUCTION.format(minutes=max(1.0, run.seconds / 60))
    yield f"**{found.most_sessions} sessions** at once are kept up with."
    yield "## Goals"
    lines = [(*line[:3], line[4]) for line in map(goal_line, found.goals)]
    yield table(("goal", "wanted", "measured", "met"), lines)
    yield circumstances_line(run)
    if run.load_before > QUIET_LOAD:
        yield _BUSY
    yield "## How it is measured"
    yield _METHOD.format(final_ms=FINAL_MS, behind_s=BEHIND_S)
    yield "## Sessions at once"
    yield _levels(sorted(found.levels, key=lambda level: level.sessions))
    if not all(level.is_fair for level in found.levels):
        yield _UNFAIR.format(late_s=LATE_S)
    yield "## Begun in the silence, or after it"
    yield _early(found)
    yield "## Texts"
    yield from _texts(found)
    yield "## One session, and a thousand"
    yield _others(found)
    yield "## Speech of text in pieces"
    yield (
        f"The first audio comes {figure(found.pieces.in_pieces_ms)} ms after the last word of a"
        f" clause, and {figure(found.pieces.at_once_ms)} ms after a request with the same text:"
        f" medians of {found.pieces.rounds} each."
    )


def _levels(levels: Sequence[Level]) -> str:
    head = (
        "sessions", "utterances", "final p50 ms", "p95 ms", "p99 ms", "partial p50 s", "p95 s",
        "behind p95 s", "p99 s", "early", "vain passes", "cores", "failed", "kept up with",
    )  # fmt: skip
    return table(head, [_level(level) for level in levels])


def _level(level: Level) -> tuple[str, ...]:
    finals = [figure(value) for value in level.final_ms] if level.final_ms else [""] * 3
    verdict = "yes" if level.is_kept_up_with else "**no**"
    return (
        str(level.sessions),
        str(level.utterances),
        *finals,
        *(f"≤ {value:g}" for value in (*level.partial_s, *level.behind_s)),
        f"{100 * level.early:.0f} %",
        str(level.vain),
        f"{level.cores:.2f}",
        str(level.failed),
        verdict if level.is_fair else f"{verdict}, *late*",
    )


def _early(found: Results) -> str:
    lines = []
    for name, level in (("in the silence", found.early), ("after it", found.late)):
        finals = [figure(value) for value in level.final_ms or ()] or [""] * 3
        stopped = [figure(value) for value in level.stopped_ms or ()] or [""] * 3
        lines.append((name, str(level.sessions), *finals, *stopped[:2], f"{level.cores:.2f}"))
    head = (
        "begun", "sessions", "final p50 ms", "p95 ms", "p99 ms", "after `speech_stopped` p50 ms",
        "p95 ms", "cores",
    )  # fmt: skip
    return table(head, lines)


def _texts(found: Results) -> Iterator[str]:
    texts = found.texts
    yield (
        f"{texts.equal} of {texts.utterances} are the file's. Word errors:"
        f" {100 * texts.live_word_errors:.2f} % live, {100 * texts.late_word_errors:.2f} % with all"
        f" of the silence, {100 * texts.file_word_errors:.2f} % as files."
    )
    if texts.differing:
        yield "\n".join(f"- {pair}" for pair in texts.differing)


def _others(found: Results) -> str:
    start, (first, last) = found.start, (found.memory[0], found.memory[-1])
    return (
        f"A session by itself is greeted {figure(start.greeted_ms)} ms after its connection is"
        f" opened, is told that speech began {figure(start.started_ms)} ms after that was sent, and"
        f" shows its first words after {figure(start.shown_ms)} ms. After {first[0]} sessions the"
        f" service holds {first[1] / 2**20:.1f} MiB, after {last[0]} it holds"
        f" {last[1] / 2**20:.1f} MiB."
    )
