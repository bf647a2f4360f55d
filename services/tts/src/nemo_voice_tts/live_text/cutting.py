"""Where text that is not all there can be cut: at clauses that stay the same however it goes on.

The text since the last safe place is read as a whole each time that a clause may have ended, so
that numbers, abbreviations, links and lists are what they are in the whole text.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from nemo_voice_serving.errors import VoiceError
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.live_text.open_markup import FENCE, PARAGRAPHS, OpenMarkup
from nemo_voice_tts.text.reading import Limits, ReadPhrase

Read = Callable[[str, Limits], Awaitable[list[ReadPhrase]]]
"""Reads a text; raises as `text.reading.read` does."""

_CLAUSE_ENDS = re.compile(r"[,;:.!?)…\n][\"')\]*_]*\s")
_SENTENCE_ENDS = re.compile(r"[.!?…\n][\"')\]*_]*\s|\n")
_NEXT_WORD = re.compile(r"[^\w\s]*\s+(?:[^\w\s]+\s+)*[^\w\s]*\w\S*\s")
"""What follows a clause that is certain: marks, and a whole word, be it an item of a list."""
_SURE_END = re.compile(r"[!?][\"')\]*_]*\s+$")
_ITEM = re.compile(r"\s*(?:[-*+•‣\u2013]|\d{1,3}[.)])\s")
_SPEAK = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<speak\b")
_SPOKEN = "</speak>"
_BLANK = re.compile(r"\s+")
_WINDOW_CHARS = 2000
"""A longer text is cut where it was spoken last, whatever it is in the middle of."""
_DIGITS = re.compile(r"\d")


class Need(Enum):
    """What is worth saying now."""

    SENTENCES = auto()
    """Whole sentences: a listener has something to hear meanwhile."""
    CLAUSES = auto()
    """The first clause, however short, and then what else is certain."""
    WORDS = auto()
    """All words that are whole: they were held for long enough."""
    ALL = auto()
    """All that there is: nothing follows."""


@dataclass(frozen=True, slots=True)
class CutPhrase:
    """A phrase that can be spoken."""

    phrase: ReadPhrase
    """Its spans count from the first character of all the text."""
    source: str
    """What it was written as."""


class TextCutter:
    """Holds the text that is not spoken, and hands it out in phrases."""

    def __init__(
        self, read: Read, *, phrase_chars: int, first_phrase_chars: int, is_ssml: bool = False
    ) -> None:
        """Takes what reads a text, and how long phrases may be.

        Args:
            read: What reads a text.
            phrase_chars: Longest phrase.
            first_phrase_chars: Longest first one of those that somebody waits for.
            is_ssml: Whether the text is SSML, whatever it begins with.
        """
        self._read = read
        self._limits = Limits(phrase_chars, by_clauses=True)
        self._first_chars = first_phrase_chars
        self._is_ssml = is_ssml
        self._text = ""
        self._begins = 0
        """Where in all the text `_text` begins."""
        self._said = 0
        """Up to where of `_text` its phrases were handed out."""
        self._looked: tuple[int, Need] | None = None

    @property
    def held_chars(self) -> int:
        """How much text is not handed out."""
        return len(self._text) - self._said

    @property
    def has_words(self) -> bool:
        """Whether some of it may be something to say."""
        return any(map(str.isalnum, self._text[self._said :]))

    def append(self, text: str) -> None:
        """Takes the next piece of the text."""
        self._text += text

    def clear(self) -> None:
        """Forgets what is not handed out."""
        self._move(len(self._text))

    async def take(self, need: Need, *, is_urgent: bool = True) -> list[CutPhrase]:
        """Returns the phrases that can be spoken now; their spans count from the first character.

        Args:
            need: What is worth saying.
            is_urgent: Whether somebody waits for the first of them, which then is short.

        Raises:
            VoiceError: The text cannot be read; it is forgotten.
        """
        self._leave_paragraphs()
        try:
            if self._is_ssml or _SPEAK.match(self._text):
                return await self._document(need)
            if need is Need.WORDS:
                return await self._words()
            if need is Need.ALL:
                return await self._rest(len(self._text), is_urgent=is_urgent)
            return await self._settled(need)
        except VoiceError:
            self.clear()
            raise

    async def _document(self, need: Need) -> list[CutPhrase]:
        """Returns SSML once all of it is there: no part of it can be read."""
        if need is Need.ALL:
            return await self._rest(len(self._text), is_urgent=True)
        end = self._text.find(_SPOKEN, self._said)
        return [] if end < 0 else await self._rest(end + len(_SPOKEN), is_urgent=True)

    async def _settled(self, need: Need) -> list[CutPhrase]:
        ends = _SENTENCE_ENDS if need is Need.SENTENCES else _CLAUSE_ENDS
        looked = (len(self._text), need)
        if looked == self._looked or ends.search(self._text, self._said) is None:
            return []
        found = self._certain(await self._phrases(self._text))
        self._looked = looked
        if need is Need.SENTENCES:
            found = _whole_sentences(found)
        return self._handed_out(self._grouped(found, is_urgent=need is Need.CLAUSES))

    async def _phrases(self, text: str, *, is_all: bool = False) -> list[ReadPhrase]:
        try:
            phrases = await self._read(text, self._limits)
        except UnspeakableText:
            if not is_all:
                return []  # as yet: letters may follow a dash
            if not self._said:
                raise
            # What was spoken could be: what follows it says for itself whether it can.
            self._move(self._said)
            return await self._phrases(self._text, is_all=True)
        if any(one.span[0] < self._said < one.span[1] for one in phrases):
            # What was spoken has turned out to be something else: go on behind it.
            self._move(self._said)
            return await self._phrases(self._text)
        return [one for one in phrases if one.span[0] >= self._said]

    def _certain(self, phrases: list[ReadPhrase]) -> list[ReadPhrase]:
        """Returns the first of the phrases, which stay the same whatever follows."""
        certain, markup = 0, OpenMarkup(self._text)
        for place, phrase in enumerate(phrases):
            end = phrase.span[1]
            is_last = place == len(phrases) - 1
            if is_last and not _SURE_END.search(self._text, max(0, end - 4)):
                break
            if not is_last and not _NEXT_WORD.match(self._text, end):
                break
            if not markup.is_open_at(end):
                certain = place + 1
        return phrases[:certain]

    async def _words(self) -> list[CutPhrase]:
        blanks = [found.start() for found in _BLANK.finditer(self._text, self._said)]
        ends = [at for at in blanks if any(map(str.isalnum, self._text[self._said : at]))]
        safe = [at for at in ends if not self._splits_number(at)]
        return await self._rest((safe or ends)[-1], is_urgent=True) if ends else []

    def _splits_number(self, at: int) -> bool:
        before = self._text[max(0, at - 1) : at]
        return _DIGITS.match(before) is not None or before == "."

    async def _rest(self, end: int, *, is_urgent: bool) -> list[CutPhrase]:
        """Returns what stands before a place; what follows is read on its own."""
        rest = self._text[end:]
        self._text = self._text[:end]
        is_letters = any(map(str.isalnum, self._text[self._said :]))
        try:
            phrases = await self._phrases(self._text, is_all=is_letters)
            return self._handed_out(self._grouped(phrases, is_urgent=is_urgent))
        finally:
            self._move(len(self._text))
            self._text = rest

    def _grouped(self, phrases: list[ReadPhrase], *, is_urgent: bool) -> list[ReadPhrase]:
        """Returns the phrases with the clauses of a sentence together, as far as they fit."""
        grouped: list[ReadPhrase] = []
        for phrase in phrases:
            before = grouped[-1] if grouped else None
            most = (
                self._first_chars if is_urgent and len(grouped) == 1 else self._limits.phrase_chars
            )
            if before is None or not before.goes_on or len(before.text) + len(phrase.text) >= most:
                grouped.append(phrase)
                continue
            grouped[-1] = replace(
                phrase,
                text=f"{before.text} {phrase.text}",
                span=(min(before.span[0], phrase.span[0]), max(before.span[1], phrase.span[1])),
                word_spans=before.word_spans + phrase.word_spans,
                lead_s=before.lead_s,
            )
        return grouped

    def _handed_out(self, phrases: list[ReadPhrase]) -> list[CutPhrase]:
        if phrases:
            self._said = max(self._said, *(phrase.span[1] for phrase in phrases))
        return [
            CutPhrase(_shifted(phrase, self._begins), self._text[slice(*phrase.span)])
            for phrase in phrases
        ]

    def _leave_paragraphs(self) -> None:
        """Forgets paragraphs that are spoken, unless what follows belongs to them."""
        gaps = [found for found in PARAGRAPHS.finditer(self._text) if found.end() <= self._said]
        starts = [0, *(found.end() for found in gaps)]
        if gaps and "<" not in self._text:
            end = gaps[-1].end()
            has_open_fence = len(FENCE.findall(self._text[:end])) % 2
            is_list = any(_ITEM.match(self._text, at) for at in starts[-2:])
            if not (has_open_fence or is_list):
                self._move(end)
        if len(self._text) > _WINDOW_CHARS + self.held_chars:
            self._move(self._said)

    def _move(self, to: int) -> None:
        self._text = self._text[to:]
        self._begins += to
        self._said = max(0, self._said - to)
        self._looked = None


def _whole_sentences(phrases: list[ReadPhrase]) -> list[ReadPhrase]:
    ends = [place for place, phrase in enumerate(phrases) if not phrase.goes_on]
    return phrases[: ends[-1] + 1] if ends else []


def _shifted(phrase: ReadPhrase, by: int) -> ReadPhrase:
    start, end = phrase.span
    spans = tuple((first + by, last + by) for first, last in phrase.word_spans)
    return replace(phrase, span=(start + by, end + by), word_spans=spans)
