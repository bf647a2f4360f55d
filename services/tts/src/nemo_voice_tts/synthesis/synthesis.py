"""How a text becomes sound: phrases, batched through the voice, in order, the first early.

HTTP routes, the command line and the self-test iterate over `Synthesis.speak`, each in its own
way.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_tts.errors import UnreadableCharacters, UnspeakableText
from nemo_voice_tts.synthesis.phrase_maker import Normalise, PhraseMaker
from nemo_voice_tts.synthesis.pipeline import (
    FIRST,
    LATER,
    Piece,
    Pipeline,
)
from nemo_voice_tts.synthesis.port import (
    Phrase,
    Spectrogram,
    Voice,
    Window,
)
from nemo_voice_tts.synthesis.voices import Voices
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.phonemes import Pronunciation
from nemo_voice_tts.text.reading import (
    DEFAULT_OPTIONS,
    Limits,
    ReadingOptions,
    ReadPhrase,
    read,
)

_NAMED = 10
"""How many characters a message names."""
_DIGIT = re.compile(r"\d")
_LONG_TEXT_CHARS = 2000
"""A longer one is read in a thread, while the loop serves others: it takes 10 ms and more."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How a text is cut and how far ahead of its consumer its phrases are worked on."""

    phrase_chars: int
    first_phrase_chars: int
    phrases_ahead: int
    timeout_s: float
    urgency: int = LATER
    """Of what is no less urgent than this; `AT_ONCE` for the self-test."""


class Synthesis:
    """Speaks texts with one voice, sharing its batches between requests."""

    def __init__(
        self,
        voice: Voice,
        *,
        normalise: Normalise,
        spectrograms: Batcher[Phrase, Spectrogram],
        vocoder: Batcher[Window, Samples],
        admission: Admission,
        pacing: Pacing,
        language: Language = ENGLISH,
        voices: Voices | None = None,
        count_unread: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Takes the voice, what its phrases pass through, and the service's limits.

        Args:
            voice: The loaded model.
            normalise: Turns digits and abbreviations into words.
            spectrograms: The batches of the first stage.
            vocoder: Those of the second.
            admission: Counts the characters that are in work.
            pacing: How a text is cut.
            language: What the voice speaks.
            voices: The names of its speakers; absent: the model's own.
            count_unread: Is told how many characters of a phrase the voice has no symbols for.
        """
        description = voice.description
        self.voices = voices or Voices(description.source, description.speakers)
        """The names of the voices that speak."""
        self.language = language
        """The language that the voice speaks, whatever the options of a text say."""
        self._voice = voice
        self._maker = PhraseMaker(
            voice,
            language,
            normalise,
            spectrograms,
            vocoder,
            count_unread,
            timeout_s=pacing.timeout_s,
            urgency=pacing.urgency,
        )
        self._admission = admission
        self._pacing = pacing

    @property
    def sample_rate_hz(self) -> int:
        """The rate of the sound."""
        return self._voice.description.sample_rate_hz

    def check(self, pronunciation: Pronunciation) -> None:
        """Raises `UnknownPhoneme` when the voice has not every sound of the pronunciation."""
        self._voice.check(pronunciation)

    async def speak(
        self,
        text: str,
        *,
        speaker: int | None = None,
        pace: float = 1.0,
        options: ReadingOptions = DEFAULT_OPTIONS,
    ) -> AsyncGenerator[Samples, None]:
        """Yields the speech in order, each piece of sound as soon as it is made.

        Work runs a few phrases ahead of the consumer; closing the generator stops it.

        Args:
            text: As the client sent it.
            speaker: Who speaks, as `voices` names them; None is the default voice.
            pace: Speaking rate: 2.0 is twice as fast.
            options: How the text is to be read.

        Raises:
            UnknownVoice: No speaker is named, and the service has no default voice; or the text
                names a voice that there is not.
            UnreadableCharacters: It is to be strict, and the voice has no symbol for a letter.
            UnspeakableText: When the voice cannot say the text.
            InvalidMarkup: When the text is SSML, and wrong.
            UnknownPhoneme: When it has not every sound of a pronunciation in the text.
            Overloaded: When too many characters are waiting already.
            DeadlineExceeded: When a piece was not begun in time.
            BackendFailed: When the model raised.
        """
        pieces = self.pieces(text, speaker=speaker, pace=pace, options=options, has_times=False)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece.samples

    async def pieces(
        self,
        text: str,
        *,
        speaker: int | None = None,
        pace: float = 1.0,
        options: ReadingOptions = DEFAULT_OPTIONS,
        has_times: bool = True,
    ) -> AsyncGenerator[Piece, None]:
        """Yields the same, by default with the times of the words; see `speak`."""
        pacing = self._pacing
        phrases = await self.read(
            text, options, Limits(pacing.phrase_chars, pacing.first_phrase_chars)
        )
        has_spoken = False
        spoken = self.phrase_pieces(
            phrases, speaker=speaker, pace=pace, chars=len(text), has_times=has_times
        )
        async with aclosing(spoken):
            async for piece in spoken:
                has_spoken = True
                yield piece
        if not has_spoken:
            raise UnspeakableText("Nothing in the text can be said.")

    async def phrase_pieces(
        self,
        phrases: Sequence[ReadPhrase],
        *,
        speaker: int | None = None,
        pace: float = 1.0,
        chars: int,
        urgency: int = FIRST,
        is_refusable: bool = True,
        has_times: bool = True,
    ) -> AsyncGenerator[Piece, None]:
        """Yields the sound of phrases that were read; none where nothing in them can be said.

        Args:
            phrases: As `read` returns them.
            speaker: As for `speak`.
            pace: Likewise.
            chars: How long their text is.
            urgency: Of the first phrase: `FIRST` where somebody waits for its sound.
            is_refusable: Whether they may be too many for what waits already: not where the text
                was begun before.
            has_times: Whether pieces have the times of their words.

        Raises:
            VoiceError: As `speak` does.
        """
        chosen = self.voices.speaker() if speaker is None else speaker
        speakers: dict[str | None, int] = {None: chosen}
        for name in {phrase.voice: None for phrase in phrases if phrase.voice}:
            speakers[name] = self.voices.speaker_in_text(name, chosen)
        pacing = self._pacing
        # However long the text is, only its phrases in work take room.
        work = min(chars, pacing.phrases_ahead * pacing.phrase_chars)
        with self._admission.admit(work, is_refusable=is_refusable):
            phrase_sound = partial(
                self._maker.make, speakers=speakers, pace=pace, has_times=has_times
            )
            pipeline = Pipeline(phrases, phrase_sound, ahead=pacing.phrases_ahead, urgency=urgency)
            try:
                while (piece := await pipeline.next_piece()) is not None:
                    yield piece
            finally:
                await pipeline.aclose()

    def refuse_when_full(self) -> None:
        """Raises `Overloaded` when not even a short text would be spoken at present."""
        self._admission.refuse_when_full()

    async def read(self, text: str, options: ReadingOptions, limits: Limits) -> list[ReadPhrase]:
        """Returns the phrases of a text; raises as `speak` does before its first sound."""
        options = replace(options, language=self.language.code)
        if len(text) <= _LONG_TEXT_CHARS:
            phrases = read(text, options, limits)
        else:
            phrases = await asyncio.to_thread(read, text, options, limits)
        for pronunciation in phrases[0].pronunciations.values():
            self._voice.check(pronunciation)
        if options.strict:
            self._refuse_unread(phrases)
        return phrases

    def _refuse_unread(self, phrases: Iterable[ReadPhrase]) -> None:
        # Digits are in words by the time that the voice reads them.
        letters = " ".join(_DIGIT.sub("", phrase.text) for phrase in phrases)
        if lost := self._voice.unread(letters):
            named = ", ".join(f"{one!r}" for one in dict.fromkeys(lost[:_NAMED]))
            message = f"This voice has no sound for characters of the text: {named}. "
            raise UnreadableCharacters(f"{message}Write them in another way.")
