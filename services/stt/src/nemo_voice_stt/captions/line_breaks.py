"""Where a subtitle may be broken, and what it costs to break it there, in English.

The rules are those of Netflix's Timed Text Style Guide, General Requirements ("Line treatment"):
one line unless it is too long; break after punctuation, before conjunctions and prepositions; not
between an article and its noun, a pronoun, auxiliary or negation and its verb. The BBC's Subtitle
Guidelines ("Break at natural points") say the same. `subtitles.py` calls it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

_SENTENCE_ENDS = (".", "?", "!", "…")
_CLAUSE_ENDS = (",", ";", ":", "—", "–")  # noqa: RUF001 the dash of clauses
_QUOTES = "\"'”’)]"  # noqa: RUF001 closing marks after punctuation
_LONG_PAUSE_S = 0.6
_PAUSE_WEIGHT = 0.7
_AT_CLAUSE, _BEFORE_OPENING, _ANYWHERE, _WITHIN_PHRASE = 0.1, 0.3, 0.6, 1.0
_CHARS_PER_COST = 40.0
"""How uneven lines may be for the sake of a better break."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_OPENS = _words(
    # conjunctions and relative pronouns
    "and but or nor so yet because although though while when whenever where wherever whether if",
    "unless until since before after once that which who whom whose why how than as",
    # prepositions
    "about above across against along among around at behind below beneath beside between beyond",
    "by despite down during except for from in inside into like near of off on onto out outside",
    "over past through throughout to toward towards under up upon with within without",
)
"""A line or a subtitle may well begin with these."""

_BINDS = _OPENS | _words(
    # articles, determiners and possessives
    "a an the this these those my your his her its our their some any every each no another",
    # subject pronouns
    "i you he she it we they there i'm you're he's she's it's we're they're i've you've we've",
    # auxiliaries and negations
    "am is are was were be been being do does did have has had will would shall should can could",
    "may might must not don't doesn't didn't can't won't isn't aren't wasn't never",
    # titles
    "mr mr. mrs mrs. ms ms. dr dr. st st.",
)
"""These belong to the word after them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How much text one subtitle may hold."""

    max_line_chars: int
    max_lines: int

    def lines_needed(self, texts: Sequence[str]) -> int:
        """Returns the fewest lines that hold the words, none of which is longer than a line."""
        count, length = 1, -1
        for text in texts:
            if length + 1 + len(text) > self.max_line_chars:
                count, length = count + 1, len(text)
            else:
                length += 1 + len(text)
        return count


def break_cost(before: str, after: str, pause_s: float = 0.0) -> float:
    """Returns what it costs to part two words: 0 at the end of a sentence, 1 within a phrase.

    Args:
        before: The word that ends there.
        after: The word that begins there.
        pause_s: The silence between them: where a speaker pauses, a phrase ends.
    """
    bare = before.rstrip(_QUOTES)
    if ends_sentence(before):
        return 0.0
    if bare.endswith(_CLAUSE_ENDS):
        return _AT_CLAUSE
    cost = _ANYWHERE
    if bare.lower() in _BINDS:
        cost = _WITHIN_PHRASE
    elif after.lower() in _OPENS:
        cost = _BEFORE_OPENING
    return cost * (1 - _PAUSE_WEIGHT * min(1.0, max(0.0, pause_s) / _LONG_PAUSE_S))


def ends_sentence(word: str) -> bool:
    """Returns whether a sentence ends with the word; `Dr.` ends none."""
    bare = word.rstrip(_QUOTES)
    return bare.endswith(_SENTENCE_ENDS) and bare.lower() not in _BINDS


def lines_of(texts: Sequence[str], costs: Sequence[float], shape: Shape) -> tuple[str, ...]:
    """Returns the words in as few lines as hold them, broken where it reads best.

    Args:
        texts: The words, none longer than a line, together no more than the shape holds.
        costs: What it costs to break after each word but the last.
        shape: How long a line may be.
    """
    count = shape.lines_needed(texts)
    candidates = [
        (sum(costs[place - 1] for place in places), _split(texts, places))
        for places in combinations(range(1, len(texts)), count - 1)
    ]
    fitting = [one for one in candidates if max(map(len, one[1])) <= shape.max_line_chars]
    return min(fitting, key=lambda one: _ugliness(*one))[1]


def _split(texts: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    return tuple(" ".join(texts[start:end]) for start, end in pairwise((0, *places, len(texts))))


def _ugliness(broken: float, lines: Sequence[str]) -> float:
    lengths = [len(line) for line in lines]
    mean = sum(lengths) / len(lengths)
    uneven = sum(abs(length - mean) for length in lengths)
    top_heavy = sum(max(0, upper - lower) for upper, lower in pairwise(lengths))
    return _CHARS_PER_COST * broken + uneven + 0.5 * top_heavy
