"""Lists of pronunciations: how words are said, by other words or by phonemes.

A list is a text, one entry a line: the word as it is written, a tab or at least two blanks, and
how it is said. `/…/` holds phonemes in IPA, `{…}` in ARPAbet; anything else is words, which are
read as every text is. What follows `#` at a line's beginning is a comment.

`reading.py` applies lists before every other step. A request's come before the service's.
"""

import re
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_tts.errors import InvalidPronunciations
from nemo_voice_tts.text.cleaning import cleaned, is_said
from nemo_voice_tts.text.insets import Insets
from nemo_voice_tts.text.phonemes import WORD_GAP, Alphabet, Pronunciation, arpabet
from nemo_voice_tts.text.traced import Traced

MAX_ENTRIES, MAX_REQUEST_ENTRIES = 5_000, 200
MAX_WORD_CHARS, MAX_SAID_CHARS = 100, 200

_GAP = re.compile(r"\t[\t ]*| {2,}[\t ]*")
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
_POSSESSIVE = re.compile(r"'s(?!\w)")
_INSIDE_BEFORE = re.compile(r"(?:\w[./@:_\\]|[/@\\])$")
_INSIDE_AFTER = re.compile(r"[./@:_\\]\w|[/\\]")
"""What stands beside a part of an address, which is no word of its own."""
SHARP_S = "ß"
"""German has it; others write `ss`, once the lists have been applied."""
_HISSES = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS = frozenset({"P", "T", "K", "F", "TH"})

Check = Callable[[Pronunciation], object]
"""Raises `UnknownPhoneme` for a pronunciation with a sound that the voice does not have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word, or several, and how it is said."""

    word: str
    said: str | Pronunciation
    is_exact: bool
    """Whether only a text in the same capitals and small letters is meant."""

    def matches(self, text: str, lowered: str, at: int) -> bool:
        """Returns whether the word stands there, whole.

        Args:
            text: The text, its blanks all spaces.
            lowered: The same in small letters.
            at: The place.
        """
        end = at + len(self.word)
        if self.is_exact:
            is_there = text.startswith(self.word, at)
        else:
            is_there = lowered.startswith(self.word.lower(), at)
        return is_there and _is_whole(text, at, end)


@dataclass(frozen=True)
class PronunciationList:
    """The entries of one list."""

    entries: Sequence[Entry] = ()
    _by_first: dict[str, list[Entry]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sorts the entries by their first word or sign, the longest first, exact ones before."""
        for entry in self.entries:
            first = _TOKEN.search(entry.word.lower())
            assert first is not None  # noqa: S101 every word holds a letter or digit
            known = self._by_first.setdefault(first[0], [])
            insort(known, entry, key=lambda one: (-len(one.word), not one.is_exact))

    def __len__(self) -> int:
        """Returns the number of entries."""
        return len(self.entries)

    def at(self, first: str, text: str, lowered: str, place: int) -> Entry | None:
        """Returns the entry that stands at a place whose first word is `first`, or None."""
        candidates = self._by_first.get(first, ())
        return next((one for one in candidates if one.matches(text, lowered, place)), None)


EMPTY = PronunciationList()


def parsed(content: str, check: Check = arpabet) -> PronunciationList:
    """Returns the list that a text writes.

    Args:
        content: The text.
        check: What refuses phonemes; absent: those that are no sound of English.

    Raises:
        InvalidPronunciations: The message names the line and says what to do.
    """
    return parsed_files({"": content}, check)


def parsed_files(contents: Mapping[str, str], check: Check = arpabet) -> PronunciationList:
    """Returns the list that several files write together; errors name the file as well."""
    pairs = [
        pair
        for name, content in contents.items()
        for pair in _pairs(f"{name}, " * bool(name), content)
    ]
    return _list_of(pairs, check, MAX_ENTRIES)


def of_mapping(words: Mapping[str, str], check: Check = arpabet) -> PronunciationList:
    """Returns the list of a request: how each word is said.

    Raises:
        InvalidPronunciations: The message says what to do.
    """
    pairs = [(f"{word[:40]!r}: ", word.strip(), said.strip()) for word, said in words.items()]
    return _list_of(pairs, check, MAX_REQUEST_ENTRIES)


def of_dictionary(content: str, check: Check = arpabet) -> PronunciationList:
    """Returns the list of NVIDIA's `custom_dictionary`: entries in lines or between commas, in IPA.

    Raises:
        InvalidPronunciations: The message says what to do.
    """
    pairs = []
    for entry in filter(None, map(str.strip, re.split(r"[\n,]", content))):
        word, *said = _GAP.split(entry, maxsplit=1)
        if not said:
            message = "put two spaces between the word and its phonemes, and a comma after them"
            raise InvalidPronunciations(f"{entry[:40]!r}: {message}")
        is_marked = said[0][0] in "/{"
        pairs.append((f"{word[:40]!r}: ", word, said[0] if is_marked else f"/{said[0]}/"))
    return _list_of(pairs, check, MAX_REQUEST_ENTRIES)


def pronounced(text: Traced, lists: Sequence[PronunciationList], insets: Insets) -> Traced:
    """Returns the text with the words of the lists said as these say; earlier lists win.

    Args:
        text: A block's text, cleaned.
        lists: The lists.
        insets: Where phonemes are kept.
    """
    lists = [one for one in lists if one]
    if not lists:
        return text
    plain = re.sub(r"\s", " ", text.text)
    lowered = "".join(one.lower() if len(one.lower()) == 1 else one for one in plain)
    pieces, done = [], 0
    for token in _TOKEN.finditer(lowered):
        if token.start() < done:
            continue
        found = (one.at(token[0], plain, lowered, token.start()) for one in lists)
        entry = next(filter(None, found), None)
        if entry is None:
            continue
        end = token.start() + len(entry.word)
        said = entry.said
        if isinstance(said, Pronunciation):
            possessive = _POSSESSIVE.match(plain, end)
            if possessive:
                said, end = _possessive(said), possessive.end()
            said = insets.add(said)
        pieces += [text[done : token.start()], text.replaced(token.start(), end, said)]
        done = end
    return Traced.joined([*pieces, text[done:]]) if pieces else text


def _pairs(file: str, content: str) -> Iterator[tuple[str, str, str]]:
    for number, line in enumerate(content.lstrip("\ufeff").splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        where = f"{file}line {number}: "
        word, *said = _GAP.split(stripped, maxsplit=1)
        if not said:
            raise InvalidPronunciations(
                f"{where}put a tab or two spaces between the word and how it is said"
            )
        yield where, word, said[0]


def _list_of(pairs: Iterable[tuple[str, str, str]], check: Check, most: int) -> PronunciationList:
    entries: dict[str, Entry] = {}
    for where, written, said in pairs:
        word = cleaned(Traced.of(written), letters=SHARP_S).text
        _refuse_unusable(where, word, said)
        if word in entries:
            raise InvalidPronunciations(f"{where}{word!r} is there twice: leave one of them out")
        if len(entries) == most:
            raise InvalidPronunciations(f"there are more than {most} entries: leave some out")
        is_exact = sum(map(str.isalpha, word)) > 1 and word.isupper()
        entries[word] = Entry(word, _said(where, said, check), is_exact)
    folded: dict[str, list[str]] = {}
    for word in entries:
        folded.setdefault(word.lower(), []).append(word)
    several = {word for words in folded.values() if len(words) > 1 for word in words}
    return PronunciationList(
        tuple(
            Entry(one.word, one.said, is_exact=one.is_exact or one.word in several)
            for one in entries.values()
        )
    )


def _refuse_unusable(where: str, word: str, said: str) -> None:
    if not is_said(word):
        raise InvalidPronunciations(f"{where}the word needs a letter or a digit")
    if len(word) > MAX_WORD_CHARS:
        raise InvalidPronunciations(
            f"{where}the word is longer than {MAX_WORD_CHARS} characters: name less of it"
        )
    if len(said) > MAX_SAID_CHARS:
        raise InvalidPronunciations(
            f"{where}what is said is longer than {MAX_SAID_CHARS} characters: say less"
        )


def _said(where: str, written: str, check: Check) -> str | Pronunciation:
    for opening, closing, alphabet in (("/", "/", Alphabet.IPA), ("{", "}", Alphabet.ARPABET)):
        if written.startswith(opening):
            if len(written) < 3 or not written.endswith(closing):  # noqa: PLR2004 the two marks
                message = f"phonemes end with {closing!r}, as they begin with {opening!r}"
                raise InvalidPronunciations(f"{where}{message}")
            said = Pronunciation(written[1:-1].strip(), alphabet)
            try:
                check(said)
            except InvalidRequest as error:
                raise InvalidPronunciations(f"{where}{error.message}") from None
            return said
    if not is_said(written):
        raise InvalidPronunciations(f"{where}say how, in words, /IPA/ or {{ARPAbet}}")
    return cleaned(Traced.of(written), letters=SHARP_S).text


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[:start][-2:], text[end : end + 2]
    if text[start].isalnum() and (before[-1:].isalnum() or before[-1:] == "_"):
        return False
    if text[end - 1].isalnum() and (after[:1].isalnum() or after[:1] == "_"):
        return False
    return _INSIDE_BEFORE.search(before) is None and _INSIDE_AFTER.match(after) is None


def _possessive(said: Pronunciation) -> Pronunciation:
    """Returns the pronunciation with the `s` of a possessive."""
    sounds = [sound for sound in arpabet(said) if sound != WORD_GAP]
    ending = "S" if sounds[-1] in _VOICELESS else "Z"
    ending = "IH0 Z" if sounds[-1] in _HISSES else ending
    if said.alphabet is Alphabet.ARPABET:
        return Pronunciation(f"{said.written} {ending}", said.alphabet)
    ipa = {"S": "s", "Z": "z", "IH0 Z": "\N{LATIN LETTER SMALL CAPITAL I}z"}[ending]
    return Pronunciation(f"{said.written}{ipa}", said.alphabet)
