"""Which stretches of a text are spoken in one breath each, and whether the voice can say it.

`synthesis.py` calls it before anything is queued; digits and abbreviations become words later, in
`normaliser.py`.
"""

import re

from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.text.cleaning import cleaned, foreign_script, is_said

_SHORTEST_OPENING = 12
"""A first phrase of fewer characters sounds torn off."""
_LONGEST_WORD = 40
"""How far back the word before a dot is looked for."""
_LONGEST_LIST = 3
"""Digits of a list item's number; more are a year or an amount."""

_PARAGRAPH = re.compile(r"\s*\n\s*\n\s*")
_SPACE = re.compile(r"\s+")
_STOP = re.compile(r"([.!?]+)([\"')\]}]*)(?=\s)")
_NEXT = re.compile(r"\s+[\"'(\[{]*(\w*)")
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]", re.IGNORECASE)

_CLAUSE = re.compile(r"(?<=[,;:.!?)])[\"')\]]*\s+(?!\d)")
_CONJUNCTION = re.compile(
    r"\s+(?=(?:and|but|or|because|which|that|when|while|where|who|if|so|before|after|until)\s)",
    re.IGNORECASE,
)

_BEFORE_NAMES = re.compile(
    r"dr|mr|mrs|ms|prof|st|mt|ft|rev|hon|gen|col|maj|capt|cmdr|lt|sgt|sen|rep|gov|pres|supt|messrs"
    r"|vs|e\.?g|i\.?e|cf|approx|est|dept|ca|viz"
)
"""A dot after one of these never ends a sentence."""

_BEFORE_NUMBERS = re.compile(r"nos?|figs?|vols?|pp?|ch|sec|art|op|eq|ver|v")
"""A dot after one of these does not end a sentence when a number follows."""

_SOMETIMES_LAST = re.compile(
    r"etc|inc|ltd|co|corp|jr|sr|ave|blvd|rd|ln|sq|hwy|bldg|apt|[ap]\.m|oz|lbs?|in|min|hrs?|sec|mi|yd"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun"
    r"|ph\.d|m\.d|[bm]\.a|al"
)
"""A dot after one of these ends a sentence only before a capital."""

_OPENER = re.compile(
    r"The|Th(?:is|at|ese|ose|ere|en)|It|[SH]e|They|We|You|I|But|And|In|On|At|So|When|If|Wh(?:at|o|y|ere)"
    r"|How|His|Her|Their|Our|My|Your|Yes|No"
)
"""Words that begin sentences far more often than names."""


def speakable(text: str) -> str:
    """Returns the text cleaned for an English voice.

    Args:
        text: As the client sent it.

    Raises:
        UnspeakableText: The text is empty, without letter or digit, or mostly in another script.
    """
    if not text.strip():
        raise UnspeakableText("The text is empty.")
    script = foreign_script(text)
    if script is not None:
        message = f"The text is mostly in {script} script; this voice speaks English."
        raise UnspeakableText(message)
    clean = cleaned(text)
    if not is_said(clean):
        raise UnspeakableText("The text holds no letter or digit that an English voice can say.")
    return clean


def phrases_of(text: str, *, first_max_chars: int | None = None, max_chars: int = 300) -> list[str]:
    """Returns the text's sentences, long ones cut at clauses, each with something to say.

    Args:
        text: A text that `speakable` has cleaned.
        first_max_chars: Cut the first phrase at a clause within so many characters, so that its
            sound comes early; a sentence without clauses stays whole.
        max_chars: Longest phrase.
    """
    pieces = [
        piece
        for paragraph in _PARAGRAPH.split(text)
        for sentence in _sentences(_SPACE.sub(" ", paragraph))
        for piece in _capped(sentence, max_chars)
    ]
    phrases = _joined(pieces)
    if phrases and first_max_chars is not None and len(phrases[0]) > first_max_chars:
        end = _opening_end(phrases[0], first_max_chars)
        opening, rest = phrases[0][:end].rstrip(), phrases[0][end:]
        phrases = _joined([opening, rest, *phrases[1:]])
    return phrases


def _sentences(paragraph: str) -> list[str]:
    sentences, start = [], 0
    for stop in _STOP.finditer(paragraph):
        if _ends_sentence(paragraph, start, stop):
            sentences.append(paragraph[start : stop.end()].strip())
            start = stop.end()
    return [*sentences, paragraph[start:].strip()]


def _ends_sentence(paragraph: str, start: int, stop: re.Match[str]) -> bool:
    marks, closers = stop.groups()
    following = _NEXT.match(paragraph, stop.end())
    following_word = following[1] if following else ""
    if closers or ".." in marks:
        return not following_word[:1].islower()
    if marks != ".":
        return True
    head = paragraph[max(start, stop.start() - _LONGEST_WORD) : stop.start()]
    words = head.split()
    if not words or head[-1].isspace():
        return True
    is_first = len(words) == 1 and len(head) < _LONGEST_WORD
    return not _keeps_going(words[-1].lstrip("\"'([{"), following_word, is_first=is_first)


def _keeps_going(word: str, following: str, *, is_first: bool) -> bool:
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
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    return bool(is_initial or _DOTTED.fullmatch(word)) and not _OPENER.fullmatch(following)


def _capped(sentence: str, max_chars: int) -> list[str]:
    pieces = []
    while len(sentence) > max_chars:
        parts = -(-len(sentence) // max_chars)
        end = _cut(sentence, aim=-(-len(sentence) // parts), limit=max_chars)
        pieces.append(sentence[:end].rstrip())
        sentence = sentence[end:].lstrip()
    return [*pieces, sentence]


def _cut(sentence: str, *, aim: int, limit: int) -> int:
    """Returns where a piece ends best: a clause near the aim, else a space, else the limit."""
    for boundary in (_CLAUSE, _CONJUNCTION, _SPACE):
        found = boundary.finditer(sentence, 0, limit + 2)
        ends = [at.end() for at in found if aim // 3 <= at.start() <= limit]
        if ends:
            return min(ends, key=lambda end: abs(end - aim))
    return limit


def _opening_end(phrase: str, limit: int) -> int:
    """Returns where an early first piece ends: the last clause within the limit, else the end."""
    latest = len(phrase) - _SHORTEST_OPENING
    shortest = min(_SHORTEST_OPENING, limit)
    for boundary in (_CLAUSE, _CONJUNCTION):
        found = boundary.finditer(phrase, 0, limit + 2)
        ends = [at.end() for at in found if shortest <= at.start() <= limit and at.end() <= latest]
        if ends:
            return ends[-1]
    return len(phrase)


def _joined(pieces: list[str]) -> list[str]:
    """Returns the pieces that are not empty, those with nothing to say joined to a neighbour."""
    joined: list[str] = []
    for piece in filter(None, pieces):
        if joined and not (is_said(piece) and is_said(joined[-1])):
            joined[-1] = f"{joined[-1]} {piece}"
        else:
            joined.append(piece)
    return joined
