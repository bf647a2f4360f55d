"""What the benchmark of live sessions found, and the JSON file that stores it."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from benchmarks.measures import Goal, growth
from benchmarks.results import Circumstances

FINAL_MS = 350.0
"""What agents are built for, at the 95th percentile."""
BEHIND_S = 0.25
"""How late 99 of 100 pieces of audio may be listened to: a session later than this is behind."""
LATE_S = 0.1
"""How late the load generator may be: with more it is the machine that is measured."""
GROWTH_PERCENT = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    """So many sessions at once, for a while."""

    sessions: int
    failed: int
    """Sessions that were refused or broke."""
    utterances: int
    final_ms: tuple[float, float, float] | None
    """From sending the end of the silence to the transcript: 50th, 95th, 99th percentile."""
    stopped_ms: tuple[float, float, float] | None
    """From `speech_stopped` to the transcript."""
    partial_s: tuple[float, ...]
    """From the newest audio of a partial to its text, by the service's metrics: at most."""
    behind_s: tuple[float, ...]
    """How late audio was listened to, likewise."""
    early: float
    """Part of the utterances whose transcript was begun in the silence."""
    vain: int
    """Passes that were begun in a silence and thrown away."""
    late_s: float
    """How late the load generator sent 99 of 100 pieces, at most."""
    cores: float
    """Processor time of the service each second."""

    @property
    def is_kept_up_with(self) -> bool:
        """Whether the service keeps up with so many sessions."""
        if self.failed or self.final_ms is None:
            return False
        return self.final_ms[1] <= FINAL_MS and self.behind_s[-1] <= BEHIND_S

    @property
    def is_fair(self) -> bool:
        """Whether the load generator itself kept up."""
        return self.late_s <= LATE_S


@dataclass(frozen=True, slots=True)
class Texts:
    """The transcripts of live sessions beside those of the same audio as files."""

    utterances: int
    equal: int
    """How many are those of exactly the committed samples as a file."""
    differing: tuple[str, ...]
    """Some that are not."""
    live_word_errors: float
    """Part of the words of whole recordings, against what was said."""
    late_word_errors: float
    """The same with `early_final_s` 0."""
    file_word_errors: float
    """The same of the recordings as files."""


@dataclass(frozen=True, slots=True)
class Start:
    """One session by itself."""

    greeted_ms: float
    """From opening the connection to `session.created`."""
    started_ms: float
    """From sending the beginning of speech to `speech_started`."""
    shown_ms: float
    """From sending the beginning of speech to the first partial."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Text to speech: the first audio of a clause, in the median."""

    rounds: int
    in_pieces_ms: float
    """From sending its last word, with a flush, in a session that takes text in pieces."""
    at_once_ms: float
    """From sending a request with the same text."""


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a run found."""

    circumstances: Circumstances
    levels: tuple[Level, ...]
    """In the order in which they were measured."""
    early: Level
    """A few sessions, whose final transcripts are begun in the silence."""
    late: Level
    """The same with `early_final_s` 0: begun when the silence is over."""
    texts: Texts
    start: Start
    memory: tuple[tuple[int, int], ...]
    """Sessions that were opened and closed, and bytes held."""
    pieces: Pieces

    @property
    def most_sessions(self) -> int:
        """The most sessions that the service keeps up with."""
        return max((one.sessions for one in self.levels if one.is_kept_up_with), default=0)

    @property
    def goals(self) -> tuple[Goal, ...]:
        """Every goal beside what was measured."""
        texts, (first, last) = self.texts, (self.memory[0], self.memory[-1])
        equal = 100 * texts.equal / texts.utterances if texts.utterances else None
        sooner = None
        if self.early.final_ms and self.late.final_ms:
            sooner = self.early.final_ms[0] / self.late.final_ms[0]
        more = 100 * (texts.live_word_errors - texts.file_word_errors)
        pieces = self.pieces.in_pieces_ms / self.pieces.at_once_ms
        name = f"memory after {last[0]} sessions more than after {first[0]}"
        return (
            Goal("final transcripts that are the file's", equal, 100.0, is_floor=True, unit="%"),
            Goal(
                f"time to the final transcript, {self.early.sessions} sessions, begun in the"
                " silence against after it, median",
                sooner,
                1.0,
                is_floor=False,
                unit="x",
            ),
            Goal("word errors beyond the file's", more, 1.0, is_floor=False, unit="%"),
            Goal("first audio in pieces against at once", pieces, 1.2, is_floor=False, unit="x"),
            growth(name, first[1], last[1], at_most_percent=GROWTH_PERCENT),
        )


_JSON = TypeAdapter(Results)


def to_json(results: Results) -> str:
    """Returns the findings as JSON."""
    return _JSON.dump_json(results, indent=2).decode() + "\n"


def from_json(text: str) -> Results:
    """Returns the findings that the JSON holds."""
    return _JSON.validate_json(text)
