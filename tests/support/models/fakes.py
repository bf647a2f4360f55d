"""Fake models behind the ports: they compute nothing a person would want, fast and predictably."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.backend import ModelDescription
from nemo_voice_stt.transcription.port import (
    TRANSDUCER,
    Abilities,
    Clip,
    Recognition,
    TextToken,
    Word,
)
from nemo_voice_stt.transcription.streaming_port import StreamingRecogniser
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.synthesis.port import NO_WORD, Phrase, Spectrogram, Window
from nemo_voice_tts.text.insets import NONE, Pronunciations
from nemo_voice_tts.text.phonemes import Pronunciation, arpabet

RATE_HZ = 22050
HOP = 256


def description(source: str = "demo", rate_hz: int = RATE_HZ) -> ModelDescription:
    """Returns what a fake says of itself."""
    model = ModelDescription(source, "r1", "FakeModel", 1, rate_hz, "cpu", "float32")
    return replace(model, kind="fake", languages=("en", "es"), speakers=1)


class FakeVoice:
    """A voice whose sound is a tone as long as its text, one frame for each character."""

    vocoder_items = 1

    def __init__(
        self,
        *,
        error: Exception | None = None,
        gate: threading.Event | None = None,
        speakers: int = 1,
        unknown: str = "",
    ) -> None:
        self.description = replace(description(), speakers=speakers)
        self._unknown = unknown
        self.phrases: list[Phrase] = []
        self.error = error
        self._gate = gate

    def warm_up(self, report: Callable[[str], None]) -> None:
        """Reports one step."""
        report("1 phrase")

    def tokens(self, text: str, pronunciations: Pronunciations = NONE, /) -> tuple[int, ...]:
        """Returns the characters' codes, those of the phonemes for a placeholder."""
        for placeholder, said in pronunciations.items():
            text = text.replace(placeholder, said.written)
        if not any(character.isalnum() for character in text):
            raise UnspeakableText("nothing to say")
        return tuple(ord(character) for character in text)

    def token_words(self, text: str, pronunciations: Pronunciations = NONE, /) -> tuple[int, ...]:
        """Returns the place of each character's word."""
        words: list[int] = []
        for place, word in enumerate(text.split()):
            words += [NO_WORD] * (place > 0) + [place] * len(word)
        return tuple(words)

    def unread(self, text: str, /) -> str:
        """Returns the characters that it was made without."""
        return "".join(character for character in text if character in self._unknown)

    def check(self, pronunciation: Pronunciation, /) -> None:
        """Has the sounds of English."""
        arpabet(pronunciation)

    def spectrograms(self, batch: Sequence[Phrase], /) -> Sequence[Spectrogram]:
        """Returns four frames a token."""
        if self._gate is not None:
            self._gate.wait(30)
        if self.error is not None:
            raise self.error
        self.phrases.extend(batch)
        counts = [max(1, round(4 * len(phrase.tokens) / phrase.pace)) for phrase in batch]
        return [
            Spectrogram(None, count, (count * HOP / RATE_HZ / len(one.tokens),) * len(one.tokens))
            for count, one in zip(counts, batch, strict=True)
        ]

    def windows(self, spectrogram: Spectrogram, *, first: bool) -> Sequence[Window]:
        """Returns the spectrogram in two halves."""
        count, half = spectrogram.frame_count, spectrogram.frame_count // 2
        return [Window(spectrogram, 0, count, 0, half), Window(spectrogram, 0, count, half, count)]

    def waveforms(self, batch: Sequence[Window], /) -> Sequence[Samples]:
        """Returns a quiet tone."""
        counts = [(window.keep_end - window.keep_start) * HOP for window in batch]
        return [(0.1 * np.sin(np.arange(count) * 0.06)).astype(np.float32) for count in counts]


class FakeRecogniser:
    """A recogniser that always recognises the self-test's sentence, once for each clip."""

    def __init__(
        self,
        text: str = "good morning how are you today",
        languages: tuple[str, ...] = ("en",),
        abilities: Abilities = TRANSDUCER,
    ) -> None:
        self.description = replace(
            description(rate_hz=16000), languages=languages, translations=abilities.translations
        )
        self.abilities = abilities
        self.streaming: StreamingRecogniser | None = None
        self.text = text
        self.error: Exception | None = None
        self.batches: list[list[int]] = []
        self.hotwords: list[tuple[str, ...]] = []
        self.told: list[tuple[str | None, str | None]] = []
        """Of each clip: what is spoken, and what to write."""

    def warm_up(self, report: Callable[[str], None]) -> None:
        """Reports one step."""
        report("1 clip")

    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        """Returns the text with its words spread over the audio, each one token."""
        if self.error is not None:
            raise self.error
        self.batches.append([len(clip.samples) for clip in batch])
        self.hotwords.extend(clip.hotwords for clip in batch)
        self.told.extend((clip.language, clip.translate_to) for clip in batch)
        heard = [self._heard(len(clip.samples) / 16000) for clip in batch]
        if self.abilities.word_times:
            return heard
        return [Recognition(one.text, ()) for one in heard]

    def _heard(self, duration_s: float) -> Recognition:
        words = self.text.split()
        step_s = duration_s / max(1, len(words))
        timed = [
            Word(
                word,
                place * step_s,
                (place + 0.5) * step_s,
                0.9,
                (TextToken(place, f" {word}", -0.25),),
            )
            for place, word in enumerate(words)
        ]
        return Recognition(self.text, tuple(timed))


class FakeNormaliser:
    """A normaliser that changes nothing."""

    async def start(self) -> None:
        """Does nothing."""

    async def close(self) -> None:
        """Does nothing."""

    async def normalise(self, text: str) -> str:
        """Returns the text as it is."""
        return text
