"""Both services on fake models, each with a client, whatever a test sets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from nemo_voice_stt.app import build as build_stt
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Abilities
from nemo_voice_tts.app import build as build_tts
from nemo_voice_tts.settings import TtsSettings
from support.http.serving import client_of
from support.models.fakes import FakeNormaliser, FakeRecogniser, FakeVoice


def tts_app(voice: FakeVoice | None = None, **settings: object) -> FastAPI:
    """Returns the text-to-speech application with any setting by its name."""
    made = voice or FakeVoice()
    return build_tts(
        TtsSettings.model_validate(settings),
        lambda _settings, _progress: lambda: made,
        FakeNormaliser(),
    )


def stt_app(recogniser: FakeRecogniser | None = None, **settings: object) -> FastAPI:
    """Returns the speech-to-text application, likewise."""
    made = recogniser or FakeRecogniser()
    return build_stt(
        SttSettings.model_validate(settings), lambda _settings, _progress: lambda: made
    )


def translating_app(**settings: object) -> FastAPI:
    """Returns the speech-to-text application with a model that translates."""
    languages = ("en", "de", "es")
    abilities = Abilities(
        told_languages=languages,
        default_language="de",
        translations=(("en", "de"), ("en", "es"), ("de", "en"), ("es", "en")),
    )
    return stt_app(FakeRecogniser(languages=languages, abilities=abilities), **settings)


@asynccontextmanager
async def calling(app: FastAPI, *, ready: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client of the application on a socket."""
    async with client_of(app, ready=ready) as client:
        yield client
