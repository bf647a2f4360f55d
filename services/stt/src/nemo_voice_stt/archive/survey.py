"""Looks at all inputs before anything runs: how much there is, what is done, what contradicts.

Of each recording eight bytes are kept, and as many more while they are sorted.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from nemo_voice_stt.archive.errors import ArchiveRefused, shown
from nemo_voice_stt.archive.names import FAILED, RUN, TRANSCRIPTS, same_on_disk
from nemo_voice_stt.archive.options import OutputFormat
from nemo_voice_stt.archive.recording import Found, Recording, Source
from nemo_voice_stt.archive.sink import Sink

_SHOWN = 5
"""So many examples make it plain."""
_OWN = (RUN, FAILED, TRANSCRIPTS)


@dataclass(slots=True)
class Survey:
    """What there is to do."""

    recordings: int = 0
    done: int = 0
    """How many of them have their outputs."""
    refused: int = 0
    """Lines of a manifest that name no recording."""
    left_s: float = 0.0
    """How long those are that are not done and whose length a manifest states."""
    left_bytes: Counter[str] = field(default_factory=Counter)
    """How large the others are that are not done, by suffix."""
    repeated: frozenset[int] = frozenset()
    """The keys of recordings that are named more than once."""
    foreign: list[str] = field(default_factory=list)
    """A few of the outputs that are there."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Which outputs a recording has, and whether they are there."""

    sink: Sink
    formats: Sequence[OutputFormat]

    def names(self, recording: Recording) -> list[str]:
        """Returns the names of a recording's outputs."""
        return [f"{recording.name}.{suffix}" for suffix in self.formats]

    def are_there(self, recording: Recording) -> bool:
        """Returns whether a recording is done."""
        return all(self.sink.has(name) for name in self.names(recording))

    def key(self, recording: Recording) -> int:
        """Returns a number that recordings with the same outputs have in common."""
        name = same_on_disk(recording.name, folds_case=self.sink.folds_case)
        return int.from_bytes(blake2b(name, digest_size=8).digest(), "little")


def survey(source: Source, outputs: Outputs) -> Survey:
    """Returns what there is to do.

    Raises:
        ArchiveRefused: Two recordings have the same outputs, or one those of this program.
        OSError: The inputs cannot be listed.
    """
    found, keys = Survey(), array("Q")
    for recording in source():
        if not isinstance(recording, Recording):
            found.refused += 1
            continue
        keys.append(outputs.key(recording))
        _refuse_own_names(recording, outputs)
        _count(found, recording, outputs)
    numbers = np.frombuffer(keys, dtype=np.uint64) if keys else np.empty(0, np.uint64)
    values, counts = np.unique(numbers, return_counts=True)
    found.repeated = frozenset(int(key) for key in values[counts > 1])
    if found.repeated:
        _refuse_contradictions(source(), outputs, found)
    return found


def _count(found: Survey, recording: Recording, outputs: Outputs) -> None:
    found.recordings += 1
    there = [name for name in outputs.names(recording) if outputs.sink.has(name)]
    found.foreign += there[: max(0, _SHOWN - len(found.foreign))]
    if len(there) == len(outputs.formats):
        found.done += 1
    elif recording.stated_s is not None:
        found.left_s += recording.stated_s
    else:
        found.left_bytes[recording.suffix] += recording.size_bytes


def _refuse_own_names(recording: Recording, outputs: Outputs) -> None:
    for name in outputs.names(recording):
        if name in _OWN:
            message = f"the output of {shown(recording.path)} would be {name}, which is in use"
            raise ArchiveRefused(f"{message}; rename the file, or set --keep-suffix")


def _refuse_contradictions(source: Iterable[Found], outputs: Outputs, found: Survey) -> None:
    """Allows recordings that are named twice, and counts them once; refuses different ones."""
    first: dict[int, Recording] = {}
    pairs: list[str] = []
    for recording in _recordings(source):
        key = outputs.key(recording)
        if key not in found.repeated:
            continue
        before = first.get(key)
        if before is None:
            first[key] = recording
        elif _means(before) == _means(recording):
            _count_once(found, recording, outputs)
        elif len(pairs) < _SHOWN:
            pairs.append(f"  {shown(before.path)} and {shown(recording.path)}")
    if pairs:
        raise ArchiveRefused(
            "these would have the same outputs; set --keep-suffix, which writes a.wav.json for"
            " a.wav, or rename them:\n" + "\n".join(pairs)
        )


def _count_once(found: Survey, recording: Recording, outputs: Outputs) -> None:
    found.recordings -= 1
    if outputs.are_there(recording):
        found.done -= 1
    elif recording.stated_s is not None:
        found.left_s -= recording.stated_s
    else:
        found.left_bytes[recording.suffix] -= recording.size_bytes


def _means(recording: Recording) -> tuple[object, ...]:
    return (
        Path(recording.path),
        recording.name,
        *(recording.start_s, recording.length_s),
        *(recording.language, recording.translate_to, recording.keywords),
    )


def _recordings(source: Iterable[Found]) -> Iterator[Recording]:
    return (one for one in source if isinstance(one, Recording))


class Once:
    """Lets each recording through once, where some are named more often."""

    def __init__(self, outputs: Outputs, repeated: frozenset[int]) -> None:
        self._outputs = outputs
        self._repeated = repeated
        self._seen: set[int] = set()

    def __call__(self, recording: Recording) -> bool:
        """Returns whether this is the first time."""
        if not self._repeated or (key := self._outputs.key(recording)) not in self._repeated:
            return True
        is_first = key not in self._seen
        self._seen.add(key)
        return is_first
