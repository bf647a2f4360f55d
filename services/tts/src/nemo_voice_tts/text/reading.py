"""From a text, as the client sent it, to the phrases that a voice says, in order.

The steps are pure functions: the structure of the text (`structure/`), its characters
(`cleaning.py`), the written forms of its language (`de/`, `en/`, `es/`), phrases
(`segmentation.py`).
The grammars of `normaliser.py` read what is left of each phrase, in processes of their own.
"""

import re
from dataclasses import dataclass, field, replace

from nemo_voice_tts.errors import UnreadableCharacters, UnspeakableText
from nemo_voice_tts.text.cleaning import cleaned, foreign_script, is_said, is_simple
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.insets import PLACEHOLDER, Insets, Pronunciations
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.languages import LANGUAGES
from nemo_voice_tts.text.phonemes import ipa
from nemo_voice_tts.text.pronunciations import SHARP_S, PronunciationList, pronounced
from nemo_voice_tts.text.segmentation import clauses_of, phrases_of
from nemo_voice_tts.text.structure.blocks import Block, TextFormat
from nemo_voice_tts.text.structure.reader import blocks_of
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.unread import named_places, unread_places


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How a text is to be read."""

    text_format: TextFormat = TextFormat.AUTO
    language: str = ENGLISH.code
    """The code of one of `LANGUAGES`."""
    pronunciations: tuple[PronunciationList, ...] = ()
    """How words are said, whatever the steps of the language say; the first list wins."""
    strict: bool = False
    """Whether a text is refused that holds a character which would be left out of the speech."""


_SHARP_S = re.compile(SHARP_S)
_WORD = re.compile(r"\S+")
DEFAULT_OPTIONS = ReadingOptions()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long phrases may be."""

    phrase_chars: int = 300
    """Longest phrase, in characters."""
    first_phrase_chars: int | None = None
    """Cut the first phrase at a clause within so many characters, so that its sound comes early."""
    by_clauses: bool = False
    """Cut at every clause, for a text that is not all there: `ReadPhrase.goes_on` joins them."""


@dataclass(frozen=True, slots=True)
class ReadPhrase:
    """A stretch of text that is spoken in one breath."""

    text: str
    """Its words, but for what the grammars still read."""
    span: tuple[int, int]
    """The stretch of the source that it was written as, in characters."""
    pause_s: float = 0.0
    """Silence after it, beyond the short one that a voice leaves after each phrase."""
    pace: float = 1.0
    """Speaking rate, relative to the request's: 2.0 is twice as fast."""
    voice: str | None = None
    """The voice that the text names for it; absent: the request's."""
    lead_s: float = 0.0
    """Silence before it: only the first phrase of a text has any."""
    pronunciations: Pronunciations = field(default_factory=dict)
    """What the placeholders in `text` stand for; one table for all phrases of a text."""
    is_in_words: bool = False
    """Whether nothing is left for the grammars: those of its language do not exist."""
    word_spans: tuple[tuple[int, int], ...] = ()
    """What each word of `text`, between its blanks, was written as, in characters of the source."""
    goes_on: bool = False
    """Whether its sentence goes on in the next phrase."""

    @property
    def readable(self) -> str:
        """Its words with the phonemes between slashes, where `text` has placeholders."""
        return PLACEHOLDER.sub(lambda found: f"/{ipa(self.pronunciations[found[0]])}/", self.text)


def read(
    text: str, options: ReadingOptions = DEFAULT_OPTIONS, limits: Limits | None = None
) -> list[ReadPhrase]:
    """Returns the phrases of a text.

    Args:
        text: As the client sent it.
        options: How it is to be read.
        limits: How long phrases may be.

    Raises:
        UnspeakableText: The text is empty, without letter or digit, or mostly in another script.
        InvalidMarkup: It is SSML, and wrong.
        UnreadableCharacters: It is to be strict, and a character would be left out.
    """
    language, limits = LANGUAGES[options.language], limits or Limits()
    if not text.strip():
        raise UnspeakableText("The text is empty.")
    if options.strict:
        _refuse_unread(text)
    insets = Insets()
    if options.text_format is not TextFormat.SSML and is_simple(text):
        # Most of what assistants say, sentence by sentence.
        blocks = [Block(Traced.of(text))]
    else:
        blocks = blocks_of(text, options.text_format, insets, language)
        _refuse_foreign(blocks, language)
        blocks = [replace(block, text=_cleaned(block.text, language)) for block in blocks]
    blocks = [
        replace(block, text=_pronounced(block.text, options, insets, language)) for block in blocks
    ]
    phrases = _phrases(blocks, language, limits)
    if not language.has_grammars:
        phrases = [replace(phrase, is_in_words=True) for phrase in phrases]
    if not phrases:
        message = f"The text holds no letter or digit that a voice can say in {language.name}."
        raise UnspeakableText(message)
    if pronunciations := insets.pronunciations:
        return [replace(phrase, pronunciations=pronunciations) for phrase in phrases]
    return phrases


def _cleaned(text: Traced, language: Language) -> Traced:
    # Lists of pronunciations hold words with the letters of every language.
    return cleaned(
        text, letters=f"{SHARP_S}{language.letters}", rises=language.rises, falls=language.falls
    )


def _pronounced(
    text: Traced, options: ReadingOptions, insets: Insets, language: Language
) -> Traced:
    text = pronounced(text, options.pronunciations, insets)
    if SHARP_S in text.text and SHARP_S not in language.letters:
        return text.sub(_SHARP_S, "ss")
    return text


def _phrases(blocks: list[Block], language: Language, limits: Limits) -> list[ReadPhrase]:
    phrases: list[ReadPhrase] = []
    pause_s = exact_s = 0.0
    """Silence since the last phrase, and how much of it was asked for."""
    for block in blocks:
        exact_s += block.lead_s
        said = language.in_words(block.text)
        if is_said(said.text):
            parts = _parts(said, language, limits, is_first=not phrases)
            made = [
                replace(_phrase_of(part), pace=block.pace, voice=block.voice, goes_on=goes_on)
                for part, goes_on in parts
            ]
            if phrases:
                phrases[-1] = replace(phrases[-1], pause_s=max(pause_s, exact_s))
            elif exact_s:
                made[0] = replace(made[0], lead_s=exact_s)
            phrases += made
            pause_s = exact_s = 0.0
        if block.is_pause_exact:
            exact_s += block.pause_s
        pause_s = max(pause_s, block.pause_s)
    if exact_s and phrases:
        phrases[-1] = replace(phrases[-1], pause_s=exact_s)
    return phrases


def _parts(
    said: Traced, language: Language, limits: Limits, *, is_first: bool
) -> list[tuple[Traced, bool]]:
    """Returns the phrases of a block, and of each whether its sentence goes on."""
    if limits.by_clauses:
        sentences = clauses_of(
            said, max_chars=limits.phrase_chars, conjunctions=language.conjunctions
        )
        return [(part, part is not one[-1]) for one in sentences for part in one]
    parts = phrases_of(
        said,
        first_max_chars=limits.first_phrase_chars if is_first else None,
        max_chars=limits.phrase_chars,
        conjunctions=language.conjunctions,
    )
    return [(part, False) for part in parts]


def _phrase_of(part: Traced) -> ReadPhrase:
    words = list(_WORD.finditer(part.text))
    spans = tuple(part[word.start() : word.end()].span for word in words)
    return ReadPhrase(" ".join(word[0] for word in words), part.span, word_spans=spans)


def _refuse_foreign(blocks: list[Block], language: Language) -> None:
    text = " ".join(block.text.text for block in blocks)
    script = None if text.isascii() else foreign_script(text)
    if script is not None:
        message = f"The text is mostly in {script} script; this voice speaks {language.name}."
        raise UnspeakableText(message)


def _refuse_unread(text: str) -> None:
    places = unread_places(text)
    if places:
        message = f"No voice reads these characters of the text: {named_places(text, places)}. "
        raise UnreadableCharacters(f"{message}Take them out, or leave `strict` away.")
