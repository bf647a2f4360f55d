"""Hours of audio in one request: its time, the memory it takes, and whether its times are right."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from benchmarks.endurance.memory import watched
from benchmarks.endurance.recording import SLOT_S, Recording
from benchmarks.inputs import Clip
from benchmarks.servers import Server

_TIMEOUT_S = 7200.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a transcript."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Heard:
    """One long recording."""

    hours: float
    seconds: float
    """From the first byte sent to the last received."""
    more_bytes: int
    """The most that the service held beyond what it held before."""
    held_after_bytes: int
    """What it holds beyond that, five seconds later."""
    slots: int
    equal: int
    """Clips whose words are those of the clip alone."""
    late_s: tuple[float, float, float]
    """How far the first word of a clip is from where it is in the clip alone, of clips with equal
    words: in the median, at most, and for the last one."""
    is_monotone: bool
    """Whether no word begins before the one before it, or ends before it begins."""


def heard(server: Server, clips: Sequence[Clip], hours: float) -> Heard:
    """Sends a recording of so many hours and returns what came of it.

    Raises:
        RuntimeError: The service refused it, or failed.
    """
    alone = [_transcribed(server, Recording([clip], SLOT_S)) for clip in clips]
    recording = Recording(clips, hours * 3600)
    with watched(server) as memory:
        began_s = time.perf_counter()
        words = _transcribed(server, recording)
        seconds = time.perf_counter() - began_s
    time.sleep(5)
    equal, late_s = compared(words, alone, recording.slots)
    return Heard(
        hours,
        seconds,
        memory.more_bytes,
        server.resident_bytes() - memory.before_bytes,
        recording.slots,
        equal,
        late_s,
        is_monotone(words),
    )


def compared(
    words: Sequence[Word], alone: Sequence[Sequence[Word]], slots: int
) -> tuple[int, tuple[float, float, float]]:
    """Returns how many clips have the words that they have alone, and how far off their times are.

    Args:
        words: Those of the whole recording.
        alone: Those of each clip at the start of a recording.
        slots: How many clips were said.
    """
    said: list[list[Word]] = [[] for _ in range(slots)]
    for word in words:
        said[min(slots - 1, max(0, int((word.start_s + word.end_s) / 2 / SLOT_S)))].append(word)
    off_s = []
    for place, found in enumerate(said):
        expected = alone[place % len(alone)]
        if [word.text for word in found] == [word.text for word in expected] and found:
            off_s.append(found[0].start_s - place * SLOT_S - expected[0].start_s)
    far_s = sorted(map(abs, off_s)) or [float("inf")]
    last_s = abs(off_s[-1]) if off_s else float("inf")
    return len(off_s), (far_s[len(far_s) // 2], far_s[-1], last_s)


def is_monotone(words: Sequence[Word]) -> bool:
    """Returns whether the words follow one another in time."""
    starts = [word.start_s for word in words]
    return starts == sorted(starts) and all(word.start_s <= word.end_s for word in words)


def _transcribed(server: Server, recording: Recording) -> list[Word]:
    connection = HTTPConnection(urlsplit(server.address).netloc, timeout=_TIMEOUT_S)
    headers = {
        "content-type": recording.content_type,
        "content-length": str(recording.content_length),
    }
    connection.request("POST", "/v1/audio/transcriptions", recording.body(), headers)
    response = connection.getresponse()
    body: Mapping[str, Any] = json.loads(response.read())
    connection.close()
    if response.status != _OK:
        raise RuntimeError(f"the service answered {response.status}: {body}")
    return [
        Word(one["word"].strip().lower(), one["start"], one["end"]) for one in body.get("words", ())
    ]
