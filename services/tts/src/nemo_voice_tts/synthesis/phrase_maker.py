"""From a phrase that was read to its sound, through the batches of both stages of the model."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.synthesis.pipeline import FIRST, LATER, PhraseSound, WindowSound, silence
from nemo_voice_tts.synthesis.port import (
    FASTEST_PACE,
    SLOWEST_PACE,
    Phrase,
    Spectrogram,
    Voice,
    Window,
)
from nemo_voice_tts.synthesis.word_times import spoken_phrase
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.reading import ReadPhrase

Normalise = Callable[[str], Awaitable[str]]
"""Turns digits and abbreviations into words."""


class PhraseMaker:
    """Makes the sound of phrases; see `Synthesis` for the parts."""

    def __init__(
        self,
        voice: Voice,
        language: Language,
        normalise: Normalise,
        spectrograms: Batcher[Phrase, Spectrogram],
        vocoder: Batcher[Window, Samples],
        count_unread: Callable[[int], None],
        *,
        timeout_s: float,
        urgency: int,
    ) -> None:
        self._voice = voice
        self._language = language
        self._normalise = normalise
        self._spectrograms = spectrograms
        self._vocoder = vocoder
        self._count_unread = count_unread
        self._timeout_s = timeout_s
        self._urgency = urgency

    async def make(
        self,
        written: ReadPhrase,
        urgency: int,
        *,
        speakers: Mapping[str | None, int],
        pace: float,
        has_times: bool,
    ) -> PhraseSound:
        """Returns the windows of one phrase, each already in the vocoder's queue, and its pauses.

        A pause comes on top of the fifth of a second or so in which the voice itself ends a phrase.

        Args:
            written: The phrase.
            urgency: How urgent it is, lowest first.
            speakers: Who speaks, by the names that a text gives to its parts.
            pace: Speaking rate of the request.
            has_times: Whether it has the times of its words.
        """
        normalised = written.text if written.is_in_words else await self._normalise(written.text)
        spelled = self._language.spelled(normalised)
        if lost := self._voice.unread(spelled):
            self._count_unread(len(lost))
        try:
            tokens = self._voice.tokens(spelled, written.pronunciations)
        except UnspeakableText:
            # A stretch of dashes inside a text that is otherwise fine is silence, not an error.
            return PhraseSound([])
        pace = min(FASTEST_PACE, max(SLOWEST_PACE, pace * written.pace))
        spectrogram = await self._spectrogram(
            Phrase(tokens, pace=pace, speaker=speakers[written.voice]), urgency
        )
        rate_hz = self._voice.description.sample_rate_hz
        sound = [
            *silence(written.lead_s, rate_hz),
            *self._windows(spectrogram, urgency),
            *silence(written.pause_s, rate_hz),
        ]
        if not has_times:
            return PhraseSound(sound)
        times = spoken_phrase(
            written,
            normalised=normalised,
            spelled=spelled,
            token_words=self._voice.token_words(spelled, written.pronunciations),
            token_s=spectrogram.token_s,
        )
        return PhraseSound(sound, times)

    async def _spectrogram(self, phrase: Phrase, urgency: int) -> Spectrogram:
        served = await self._spectrograms.submit(
            phrase,
            length=len(phrase.tokens),
            urgency=min(urgency, self._urgency),
            timeout_s=self._timeout_s,
            is_patient=urgency == LATER,
        )
        return served.output

    def _windows(self, spectrogram: Spectrogram, urgency: int) -> list[WindowSound]:
        windows = self._voice.windows(spectrogram, first=urgency == FIRST)
        return [
            asyncio.ensure_future(
                self._vocoder.submit(
                    window,
                    length=window.frame_count,
                    urgency=min(urgency if place == 0 else LATER, self._urgency),
                    timeout_s=self._timeout_s,
                    is_patient=True,
                )
            )
            for place, window in enumerate(windows)
        ]
