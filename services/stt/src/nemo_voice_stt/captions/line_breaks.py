"""Where a subtitle may be broken, and what it costs to break it there.

The rules are those of Netflix's Timed Text Style Guide, General Requirements ("Line treatment"):
one line unless it is too long; break after punctuation, before conjunctions and prepositions; not
between an article and its noun, a pronoun, auxiliary or negation and its verb. The BBC's Subtitle
Guidelines ("Break at natural points") say the same. `subtitles.py` calls it, `phrases.py` has the
words of each language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from nemo_voice_stt.captions.phrases import ENGLISH, Phrases
from nemo_voice_stt.transcription.writing import Written, joined

_SENTENCE_ENDS = tuple(".?!…。．？！｡؟۔।॥։።")  # noqa: RUF001 of every script that is recognised
_CLAUSE_ENDS = tuple(",;:—–،؛、，；：､")  # noqa: RUF001 of every script that is recognised
_QUOTES = "\"'”’»“«)]」』）】〉》"  # noqa: RUF001 closing marks after punctuation, German's too
_LONG_PAUSE_S = 0.6
_PAUSE_WEIGHT = 0.7
_AT_CLAUSE, _BEFORE_OPENING, _ANYWHERE, _WITHIN_PHRASE = 0.1, 0.3, 0.6, 1.0
_CHARS_PER_COST = 40.0
"""How uneven lines may be for the sake of a better break."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How much text one subtitle may hold."""

    max_line_chars: int
    max_lines: int

    def lines_needed(self, words: Sequence[Written]) -> int:
        """Returns the fewest lines that hold the words, none of which is longer than a line."""
        count, length = 1, 0
        for word in words:
            added = length_after(word) if length else len(word.text)
            if length + added > self.max_line_chars:
                count, length = count + 1, len(word.text)
            else:
                length += added
        return count


def length_after(word: Written) -> int:
    """Returns how many characters the word adds to a line that has some already."""
    return len(word.text) + (0 if word.is_joined else 1)


def break_cost(before: str, after: str, pause_s: float = 0.0, language: Phrases = ENGLISH) -> float:
    """Returns what it costs to part two words: 0 at the end of a sentence, 1 within a phrase.

    Args:
        before: The word that ends there.
        after: The word that begins there.
        pause_s: The silence between them: where a speaker pauses, a phrase ends.
        language: The small words of the language.
    """
    if ends_sentence(before, language):
        return 0.0
    if before.rstrip(_QUOTES).endswith(_CLAUSE_ENDS):
        return _AT_CLAUSE
    cost = _ANYWHERE
    if language.is_bound(before) or after in language.ends:
        cost = _WITHIN_PHRASE
    elif before in language.ends or language.opens_with(after):
        cost = _BEFORE_OPENING
    return cost * (1 - _PAUSE_WEIGHT * min(1.0, max(0.0, pause_s) / _LONG_PAUSE_S))


def ends_sentence(word: str, language: Phrases = ENGLISH) -> bool:
    """Returns whether a sentence ends with the word; `Dr.` ends none."""
    return word.rstrip(_QUOTES).endswith(_SENTENCE_ENDS) and not language.is_abbreviated(word)


def lines_of(words: Sequence[Written], costs: Sequence[float], shape: Shape) -> tuple[str, ...]:
    """Returns the words in as few lines as hold them, broken where it reads best.

    Args:
        words: The words, none longer than a line, together no more than the shape holds.
        costs: What it costs to break after each word but the last.
        shape: How long a line may be.
    """
    count = shape.lines_needed(words)
    candidates = [
        (sum(costs[place - 1] for place in places), _split(words, places))
        for places in combinations(range(1, len(words)), count - 1)
    ]
    fitting = [one for one in candidates if max(map(len, one[1])) <= shape.max_line_chars]
    return min(fitting, key=lambda one: _ugliness(*one))[1]


def _split(words: Sequence[Written], places: Sequence[int]) -> tuple[str, ...]:
    return tuple(joined(words[start:end]) for start, end in pairwise((0, *places, len(words))))


def _ugliness(broken: float, lines: Sequence[str]) -> float:
    lengths = [len(line) for line in lines]
    mean = sum(lengths) / len(lengths)
    uneven = sum(abs(length - mean) for length in lengths)
    top_heavy = sum(max(0, upper - lower) for upper, lower in pairwise(lengths))
    return _CHARS_PER_COST * broken + uneven + 0.5 * top_heavy
