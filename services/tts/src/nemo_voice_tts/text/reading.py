"""From a text, as the client sent it, to the phrases that a voice says, in order.

The steps are pure functions: the structure of the text (`structure/`), its characters
(`cleaning.py`), the written forms of its language (`en/`, `es/`), phrases (`segmentation.py`).
The grammars of `normaliser.py` read what is left of each phrase, in processes of their own.
"""

from dataclasses import dataclass, replace

from nemo_voice_tts.errors import UnreadableCharacters, UnspeakableText
from nemo_voice_tts.text.cleaning import cleaned, foreign_script, is_said
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.es import SPANISH
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.segmentation import phrases_of
from nemo_voice_tts.text.structure.blocks import Block, TextFormat
from nemo_voice_tts.text.structure.plain import plain_blocks
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.unread import named_places, unread_places

_LANGUAGES = {language.code: language for language in (ENGLISH, SPANISH)}


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How a text is to be read."""

    text_format: TextFormat = TextFormat.AUTO
    language: str = ENGLISH.code
    """The code of one of `_LANGUAGES`."""
    strict: bool = False
    """Whether a text is refused that holds a character which would be left out of the speech."""


DEFAULT_OPTIONS = ReadingOptions()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long phrases may be."""

    phrase_chars: int = 300
    """Longest phrase, in characters."""
    first_phrase_chars: int | None = None
    """Cut the first phrase at a clause within so many characters, so that its sound comes early."""


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
    is_in_words: bool = False
    """Whether nothing is left for the grammars: those of its language do not exist."""


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
        UnreadableCharacters: It is to be strict, and a character would be left out.
    """
    language, limits = _LANGUAGES[options.language], limits or Limits()
    if not text.strip():
        raise UnspeakableText("The text is empty.")
    script = foreign_script(text)
    if script is not None:
        message = f"The text is mostly in {script} script; this voice speaks {language.name}."
        raise UnspeakableText(message)
    if options.strict:
        _refuse_unread(text)
    phrases: list[ReadPhrase] = []
    for block in _blocks(text):
        first_chars = None if phrases else limits.first_phrase_chars
        said = _in_words(block.text, language)
        phrases += _phrases(replace(block, text=said), limits.phrase_chars, first_chars)
    if not language.has_grammars:
        phrases = [replace(phrase, is_in_words=True) for phrase in phrases]
    if not any(is_said(phrase.text) for phrase in phrases):
        message = f"The text holds no letter or digit that an {language.name} voice can say."
        raise UnspeakableText(message)
    return phrases


def _refuse_unread(text: str) -> None:
    places = unread_places(text)
    if places:
        message = f"No voice reads these characters of the text: {named_places(text, places)}. "
        raise UnreadableCharacters(f"{message}Take them out, or leave `strict` away.")


def _blocks(text: str) -> list[Block]:
    return plain_blocks(cleaned(Traced.of(text)))


def _in_words(text: Traced, language: Language) -> Traced:
    for step in language.steps:
        text = step(text)
    return text


def _phrases(block: Block, max_chars: int, first_max_chars: int | None) -> list[ReadPhrase]:
    parts = phrases_of(block.text, first_max_chars=first_max_chars, max_chars=max_chars)
    last = len(parts) - 1
    return [
        ReadPhrase(part.text, part.span, block.pause_s if place == last else 0.0, block.pace)
        for place, part in enumerate(parts)
    ]
