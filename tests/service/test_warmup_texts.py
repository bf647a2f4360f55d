"""Texts that a service speaks before it is ready."""

import asyncio
import json
import threading

import numpy as np
import pytest

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_tts.app import build
from nemo_voice_tts.self_test import SENTENCE
from nemo_voice_tts.settings import TtsSettings
from support.http.serving import client_of
from support.models.fakes import FakeNormaliser, FakeVoice

GREETING, FAREWELL = "Thank you for calling.", "Good bye, and thank you."


def settings(*texts: str) -> TtsSettings:
    """Settings with these warm-up texts, which stay in the phase where they failed for a while."""
    return TtsSettings.model_validate({"warmup_texts": json.dumps(texts), "failed_linger_s": 30})


async def spoken_by(voice: FakeVoice, *texts: str) -> list[str]:
    """What the voice has said once the service is ready."""
    app = build(settings(*texts), lambda _settings, _progress: lambda: voice, FakeNormaliser())
    async with client_of(app):
        return ["".join(map(chr, phrase.tokens)) for phrase in voice.phrases]


async def failure_of(voice: FakeVoice, *texts: str) -> str:
    """Why the service did not become ready."""
    app = build(settings(*texts), lambda _settings, _progress: lambda: voice, FakeNormaliser())
    runtime = app.state.service.runtime
    async with client_of(app, ready=False) as client:
        while not runtime.lifecycle.has_failed:
            await asyncio.sleep(0.01)
        response = await client.get("/v1/health/ready")
    assert response.status_code == 503
    return str(response.json()["reason"])


async def test_warm_up_texts_are_spoken_in_order_before_the_self_test() -> None:
    assert await spoken_by(FakeVoice(), GREETING, FAREWELL) == [GREETING, FAREWELL, SENTENCE]


async def test_without_warm_up_texts_only_the_self_test_is_spoken() -> None:
    assert await spoken_by(FakeVoice()) == [SENTENCE]


async def test_readiness_names_the_warm_up_text_in_work() -> None:
    gate = threading.Event()
    app = build(
        settings(GREETING, FAREWELL),
        lambda _settings, _progress: lambda: FakeVoice(gate=gate),
        FakeNormaliser(),
    )
    runtime = app.state.service.runtime
    async with client_of(app, ready=False) as client:
        while runtime.lifecycle.readiness().reason != "warming up: text 1 of 2":
            await asyncio.sleep(0.01)
        response = await client.get("/v1/health/ready")
        gate.set()
        await app.state.service.until_ready()
    assert response.status_code == 503
    assert response.json()["phase"] == Phase.WARMING


async def test_a_warm_up_text_that_fails_fails_the_start() -> None:
    voice = FakeVoice(error=BackendFailed("The device is out of memory."))
    assert "The device is out of memory." in await failure_of(voice, GREETING)


async def test_a_warm_up_text_that_becomes_no_speech_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    voice = FakeVoice()

    def silence_for_greetings(batch: object) -> list[np.ndarray]:
        return [np.zeros(1000, np.float32)]

    monkeypatch.setattr(voice, "waveforms", silence_for_greetings)
    reason = await failure_of(voice, GREETING)
    assert "warm-up text 1" in reason
    assert "not speech" in reason
