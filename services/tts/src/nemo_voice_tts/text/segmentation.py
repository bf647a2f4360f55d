"""Which stretches of a text are spoken in one breath each.

`reading.py` calls it once the text is in words, but for what the grammars of `normaliser.py` read.
"""

import re
from functools import cache

from nemo_voice_tts.text.cleaning import is_said
from nemo_voice_tts.text.traced import Traced

_SHORTEST_OPENING = 12
"""A first phrase of fewer characters sounds torn off."""
_LONGEST_WORD = 40
"""How far back the word before a dot is looked for."""
_LONGEST_LIST = 3
"""Digits of a list item's number; more are a year or an amount."""

_Boundaries = tuple[re.Pattern[str], ...]
"""Where a phrase may end, the best places first."""

_SPACE = re.compile(r"\s+")
_STOP = re.compile(r"([.!?]+)([\"')\]}]*)(?=\s)")
_NEXT = re.compile(r"\s+[\"'(\[{]*(\w*)")
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]", re.IGNORECASE)

_CLAUSE = re.compile(r"(?<=[,;:.!?)])[\"')\]]*\s+(?!\d)")
_CONJUNCTIONS = "and|but|or|because|which|that|when|while|where|who|if|so|before|after|until"

_BEFORE_NAMES = re.compile(
    r"dr|mr|mrs|ms|prof|st|mt|ft|rev|hon|gen|col|maj|capt|cmdr|lt|sgt|sen|rep|gov|pres|supt|messrs|secy|amb|atty"
    r"|vs|e\.?g|i\.?e|cf|approx|est|dept|ca|viz"
)
"""A dot after one of these never ends a sentence."""

_BEFORE_NUMBERS = re.compile(r"nos?|figs?|vols?|pp?|ch|sec|art|op|eq|ver|v")
"""A dot after one of these does not end a sentence when a number follows."""

_SOMETIMES_LAST = re.compile(
    r"etc|inc|ltd|co|corp|jr|sr|ave|blvd|rd|ln|sq|hwy|bldg|apt|[ap]\.m|oz|lbs?|in|min|hrs?|sec|mi|yd"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun"
    r"|ph\.d|m\.d|[bm]\.a|al|asst|mgr|exp|orig|sta|bros|mass|dist|div|attn|abbr|adj|amt|anon|assn|assoc"
    r"|avg|cont|diff|elem|freq|hist|incl|intl|misc|natl|prev|pron|qty|qtr|spec|temp|trans|univ|yrs?"
    r"|ed|max|ext|desc|pct|mfg|mgmt|req|ref|tel"
)
"""A dot after one of these ends a sentence only before a capital."""

_OPENER = re.compile(
    r"The|Th(?:is|at|ese|ose|ere|en)|It|She|He|They|We|You|I|But|And|In|On|At|So|When|If|Wh(?:at|o|y|ere)"
    r"|How|His|Her|Their|Our|My|Your|Yes|No"
)
"""Words that begin sentences far more often than names."""


def phrases_of(
    text: Traced,
    *,
    first_max_chars: int | None = None,
    max_chars: int = 300,
    conjunctions: str = "",
) -> list[Traced]:
    """Returns the text's sentences, long ones cut at clauses, each with something to say.

    Args:
        text: A block of a text, cleaned.
        first_max_chars: Cut the first phrase at a clause within so many characters, so that its
            sound comes early; a sentence without clauses stays whole.
        max_chars: Longest phrase.
        conjunctions: Words before which a long sentence may be cut, with `|` between them, of a
            language whose steps leave no abbreviation; absent: English ones.
    """
    boundaries = _boundaries(conjunctions)
    sentences = _sentences(text, has_abbreviations=not conjunctions)
    pieces = [piece for one in sentences for piece in _capped(one, max_chars, boundaries)]
    phrases = _joined(pieces)
    if phrases and first_max_chars is not None and len(phrases[0]) > first_max_chars:
        end = _opening_end(phrases[0].text, first_max_chars, boundaries)
        opening, rest = phrases[0][:end].strip(), phrases[0][end:]
        phrases = _joined([opening, rest, *phrases[1:]])
    return phrases


def clauses_of(text: Traced, *, max_chars: int = 300, conjunctions: str = "") -> list[list[Traced]]:
    """Returns the text's sentences, each as its clauses.

    A clause that is followed by so much text that it would be cut off stays the same however the
    text goes on. See `phrases_of` for the arguments.
    """
    boundaries = _boundaries(conjunctions)
    sentences = _joined(_sentences(text, has_abbreviations=not conjunctions))
    return [
        [
            piece
            for clause in _clauses(sentence)
            for piece in _joined(_capped(clause, max_chars, boundaries))
        ]
        for sentence in sentences
    ]


def is_whole(text: str, *, conjunctions: str = "") -> bool:
    """Returns whether a text ends with a sentence, whatever word follows."""
    following = "Then"
    sentences = _sentences(
        Traced.of(f"{text.rstrip()} {following}"), has_abbreviations=not conjunctions
    )
    return sentences[-1].text == following


def _boundaries(conjunctions: str) -> _Boundaries:
    return (_CLAUSE, _before(conjunctions or _CONJUNCTIONS))


@cache
def _before(words: str) -> re.Pattern[str]:
    return re.compile(rf"\s+(?=(?:{words})\s)", re.IGNORECASE)


def _sentences(block: Traced, *, has_abbreviations: bool) -> list[Traced]:
    sentences, start = [], 0
    for stop in _STOP.finditer(block.text):
        if _ends_sentence(block.text, start, stop, has_abbreviations=has_abbreviations):
            sentences.append(block[start : stop.end()].strip())
            start = stop.end()
    return [*sentences, block[start:].strip()]


def _ends_sentence(block: str, start: int, stop: re.Match[str], *, has_abbreviations: bool) -> bool:
    marks, closers = stop.groups()
    following = _NEXT.match(block, stop.end())
    following_word = following[1] if following else ""
    if closers or ".." in marks:
        return not following_word[:1].islower()
    if marks != ".":
        return True
    head = block[max(start, stop.start() - _LONGEST_WORD) : stop.start()]
    words = head.split()
    if not words or head[-1].isspace():
        return True
    if not has_abbreviations:
        return not (len(words[-1]) == 1 and words[-1].isupper() and len(words) > 1)
    is_first = len(words) == 1 and len(head) < _LONGEST_WORD
    is_spelled = len(words) > 1 and len(words[-2]) == 1 and words[-2].isupper()
    return not _keeps_going(
        words[-1].lstrip("\"'([{"), following_word, is_first=is_first, is_spelled=is_spelled
    )


def _keeps_going(word: str, following: str, *, is_first: bool, is_spelled: bool) -> bool:
    """Returns whether the dot after a word belongs to the word alone."""
    lowered = word.lower()
    if _BEFORE_NAMES.fullmatch(lowered):
        return True
    if _BEFORE_NUMBERS.fullmatch(lowered) and following[:1].isdigit():
        return True
    if _SOMETIMES_LAST.fullmatch(lowered):
        return not following[:1].isupper()
    if word.isdigit():
        return is_first and len(word) <= _LONGEST_LIST
    # Letters one by one, such as `P M`, are no initials of a name.
    is_initial = len(word) == 1 and word.isupper() and word != "I" and not is_spelled
    return bool(is_initial or _DOTTED.fullmatch(word)) and not _OPENER.fullmatch(following)


def _capped(sentence: Traced, max_chars: int, boundaries: _Boundaries) -> list[Traced]:
    pieces, at, source = [], 0, sentence.text
    while (length := len(source) - at) > max_chars:
        parts = -(-length // max_chars)
        # Only what a piece may hold is copied: a sentence can be as long as the text.
        window = source[at : at + max_chars + 2]
        end = at + _cut(window, boundaries, aim=-(-length // parts), limit=max_chars)
        pieces.append(sentence[at:end].strip())
        at = end
        while at < len(source) and source[at].isspace():
            at += 1
    return [*pieces, sentence[at:].strip()]


def _cut(sentence: str, boundaries: _Boundaries, *, aim: int, limit: int) -> int:
    """Returns where a piece ends best: a clause near the aim, else a space, else the limit."""
    for boundary in (*boundaries, _SPACE):
        found = boundary.finditer(sentence, 0, limit + 2)
        ends = [at.end() for at in found if aim // 3 <= at.start() <= limit]
        if ends:
            return min(ends, key=lambda end: abs(end - aim))
    return limit


def _opening_end(phrase: str, limit: int, boundaries: _Boundaries) -> int:
    """Returns where an early first piece ends: the last clause within the limit, else the end."""
    latest = len(phrase) - _SHORTEST_OPENING
    shortest = min(_SHORTEST_OPENING, limit)
    for boundary in boundaries:
        found = boundary.finditer(phrase, 0, limit + 2)
        ends = [at.end() for at in found if shortest <= at.start() <= limit and at.end() <= latest]
        if ends:
            return ends[-1]
    return len(phrase)


def _clauses(sentence: Traced) -> list[Traced]:
    """Returns the clauses of a sentence, none so short that it sounds torn off."""
    clauses, at = [], 0
    for boundary in _CLAUSE.finditer(sentence.text):
        start, end = boundary.span()
        is_long = start - at >= _SHORTEST_OPENING and is_said(sentence.text[at:start])
        rest = sentence.text[end:]
        # What is written as one, such as a date, is said in one.
        is_apart = sentence.ends[start - 1] <= sentence.starts[min(end, len(sentence) - 1)]
        if is_long and is_apart and len(rest) >= _SHORTEST_OPENING and is_said(rest):
            clauses.append(sentence[at:end].strip())
            at = end
    return [*clauses, sentence[at:]]


def _joined(pieces: list[Traced]) -> list[Traced]:
    """Returns the pieces that are not empty, those with nothing to say joined to a neighbour."""
    joined: list[Traced] = []
    for piece in filter(len, pieces):
        if joined and not (is_said(piece.text) and is_said(joined[-1].text)):
            before = joined[-1]
            blank = before.replaced(len(before), len(before), " ")
            joined[-1] = Traced.joined([before, blank, piece])
        else:
            joined.append(piece)
    return joined
