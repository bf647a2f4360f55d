"""The text-to-speech service on fake voices and a real socket."""

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from typing_extensions import override

from nemo_voice_tts.app import SpeechService
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram
from support.http.serving import client_of
from support.http.voice_apps import tts_app
from support.models.fakes import HOP, RATE_HZ, FakeVoice

TEXT = "This is a test of the text to speech service."


class BreaksOff(FakeVoice):
    """A voice that fails at a phrase that says it is broken."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self._failure = failure or RuntimeError("secret path /srv/x")

    @override
    def spectrograms(self, batch: Sequence[Phrase], /) -> Sequence[Spectrogram]:
        if any("broken" in _said(phrase) for phrase in batch):
            raise self._failure
        return super().spectrograms(batch)


class Waits(FakeVoice):
    """A voice that stops at the words `number five` until it is let on."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    @override
    def spectrograms(self, batch: Sequence[Phrase], /) -> Sequence[Spectrogram]:
        if any("number five" in _said(phrase) for phrase in batch):
            self.gate.wait(30)
        return super().spectrograms(batch)


def samples_of(text: str) -> int:
    """Returns how many samples the fake voice makes of one phrase, at its own rate."""
    return len(text) * 4 * HOP


def duration_s(text: str) -> float:
    """Returns how long the fake voice speaks one phrase."""
    return samples_of(text) / RATE_HZ


@asynccontextmanager
async def service_of(
    voice: FakeVoice | None = None, *, ready: bool = True, **settings: object
) -> AsyncIterator[tuple[httpx.AsyncClient, SpeechService]]:
    """Yields a client of the service, by default once it is ready, and the service."""
    app = tts_app(voice, **settings)
    service: SpeechService = app.state.service
    async with client_of(app, ready=ready) as client:
        yield client, service


def _said(phrase: Phrase) -> str:
    return "".join(map(chr, phrase.tokens))
