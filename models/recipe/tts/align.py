"""From a text to the tokens of the voice, and from espeak's phoneme times to their durations.

espeak itself is called by `data.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recipe.phonetics.arpabet import is_vowel, same_sound, to_espeak
from recipe.phonetics.espeak import PhonemeEvent
from recipe.phonetics.lexicon import Lexicon

HOP_SAMPLES = 256

_PAUSE = "_"
_PUNCTUATION = ",.;:?!"
_UNIT = re.compile(rf"[a-z]+(?:'[a-z]+)*|[{_PUNCTUATION}]")
_LATE_SONORANTS = {"L", "R", "N", "M", "NG"}
_COST_WRONG, _COST_EXTRA, _COST_MISSING = 3.0, 1.0, 1.5
_R_SHARE = 0.4  # of an r-coloured vowel's time


@dataclass(frozen=True)
class WordSpan:
    """The tokens of one word: `tokens[start:end]` of its script."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class ExpectedSound:
    """A sound espeak is expected to report, and the tokens it stands for."""

    name: str
    first_token: int
    token_count: int


@dataclass(frozen=True)
class Script:
    """A text as the voice's tokens and as espeak's input."""

    text: str
    tokens: tuple[str, ...]
    espeak_text: str
    sounds: tuple[ExpectedSound, ...]
    words: tuple[WordSpan, ...]


def write_script(text: str, lexicon: Lexicon) -> Script | None:
    """Returns the script for a text, or None if a word is not in the lexicon.

    The tokens are those of NeMo's English phoneme tokenizer. Every space is a sound of its own:
    the teacher pauses there.
    """
    tokens, sounds, words = [" "], [], []
    clauses: list[str] = []
    clause: list[str] = []
    for unit in _UNIT.findall(text.lower()):
        if unit in _PUNCTUATION:
            tokens.append(unit)
            sounds.append(ExpectedSound(_PAUSE, len(tokens) - 1, 1))
            clauses.append((f"[[{' '.join(clause)}]]" if clause else "") + unit)
            clause = []
            continue
        if unit not in lexicon:
            return None
        if len(tokens) > 1:
            after_word = tokens[-1] not in _PUNCTUATION
            tokens.append(" ")
            if after_word:
                sounds.append(ExpectedSound(_PAUSE, len(tokens) - 1, 1))
        start, phonemes, spoken = len(tokens), lexicon[unit], []
        for sound in to_espeak(phonemes):
            sounds.append(ExpectedSound(sound.name, len(tokens), sound.token_count))
            tokens += phonemes[len(tokens) - start :][: sound.token_count]
            spoken.append(sound.stress + sound.name)
        words.append(WordSpan(unit, start, len(tokens)))
        clause.append("|".join(spoken))
    if clause:
        clauses.append(f"[[{' '.join(clause)}]]")
    tokens.append(" ")
    sounds.append(ExpectedSound(_PAUSE, len(tokens) - 1, 1))
    return Script(text, tuple(tokens), " ".join(clauses), tuple(sounds), tuple(words))


def merge_pauses(events: Sequence[PhonemeEvent]) -> list[PhonemeEvent]:
    """Returns the events with each run of pauses merged into one `_`, without nameless ones."""
    merged: list[PhonemeEvent] = []
    for event in events:
        if event.name.startswith(_PAUSE):
            if not merged or merged[-1].name != _PAUSE:
                merged.append(PhonemeEvent(_PAUSE, event.sample))
        elif event.name:
            merged.append(event)
    return merged


def align_sounds(
    expected: Sequence[str], events: Sequence[PhonemeEvent]
) -> list[int | None] | None:
    """Returns the start sample of each expected sound, None for a pause that was not made.

    The cheapest monotone alignment; None as a whole if it holds a wrong or missing phoneme.
    """
    rows, columns = len(expected), len(events)
    if not columns:
        return None
    cost = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    move = [[""] * (columns + 1) for _ in range(rows + 1)]
    band = abs(rows - columns) + 12
    for i in range(rows + 1):
        for j in range(max(0, i - band), min(columns, i + band) + 1):
            choices = []
            if i and j and move_allowed(i - 1, j - 1, band):
                match = same_sound(expected[i - 1], events[j - 1].name)
                choices.append((cost[i - 1][j - 1] + (0 if match else _COST_WRONG), "both"))
            if j and move_allowed(i, j - 1, band):
                choices.append((cost[i][j - 1] + _COST_EXTRA, "extra"))
            if i and move_allowed(i - 1, j, band):
                choices.append((cost[i - 1][j] + _COST_MISSING, "missing"))
            if choices:
                cost[i][j], move[i][j] = min(choices)
    return _trace(expected, events, move)


def move_allowed(i: int, j: int, band: int) -> bool:
    """Returns whether a cell lies in the band round the diagonal that the alignment looks at."""
    return abs(i - j) <= band


def token_durations(
    script: Script, starts: Sequence[int | None], end_sample: int
) -> npt.NDArray[np.int64]:
    """Returns the frames of each token from the start of each sound and the end of the audio."""
    bounds: list[float | None] = [None] * len(script.tokens) + [float(end_sample)]
    bounds[0] = 0.0
    following = float(end_sample)
    for sound, start in zip(reversed(script.sounds), reversed(starts), strict=True):
        if start is None:
            continue
        bounds[sound.first_token] = float(start)
        if sound.token_count == 2:
            bounds[sound.first_token + 1] = start + (1 - _R_SHARE) * (following - start)
        following = float(start)
    times = np.zeros(len(bounds))
    following = float(end_sample)
    for index in range(len(bounds) - 1, -1, -1):  # a token without a time gets no length
        bound = bounds[index]
        following = following if bound is None else bound
        times[index] = following
    times = np.minimum(np.maximum.accumulate(times), end_sample)
    frames = np.round(times / HOP_SAMPLES).astype(np.int64)
    durations = frames[1:] - frames[:-1]
    return _share_with_sonorants(script.tokens, durations)


def _trace(
    expected: Sequence[str], events: Sequence[PhonemeEvent], move: list[list[str]]
) -> list[int | None] | None:
    starts: list[int | None] = [None] * len(expected)
    i, j = len(expected), len(events)
    while i or j:
        step = move[i][j]
        if step == "extra":
            j -= 1
            continue
        i -= 1
        if step == "both":
            j -= 1
            if not same_sound(expected[i], events[j].name):
                return None
            starts[i] = events[j].sample
        elif expected[i] != _PAUSE:
            return None
    return starts


def _share_with_sonorants(
    tokens: Sequence[str], durations: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Gives an L, R or nasal a third of the vowel before it: espeak reports it at its very end."""
    shared = durations.copy()
    for index in range(1, len(tokens)):
        before, own = shared[index - 1], shared[index]
        if (
            tokens[index] in _LATE_SONORANTS
            and own < 3
            and before >= 6
            and is_vowel(tokens[index - 1])
        ):
            third = round((before + own) / 3)
            shared[index - 1 : index + 1] = before + own - third, third
    return shared
