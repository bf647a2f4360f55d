"""Live sessions with models that are told a language, write without spaces, or can do less."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from nemo_voice_stt.transcription.port import Abilities
from support.http.live_client import TRANSCRIPTION, LiveClient, connected, live_service
from support.http.voice_apps import stt_app
from support.models.fakes import FakeRecogniser
from support.models.live import silence, speech

pytestmark = pytest.mark.timeout(60)
TOLD = Abilities(told_languages=("en-US", "de-DE", "ja-JP"), default_language="en-US")
LESS = Abilities(word_times=False, confidence=False, logprobs=False, hotwords=False)
JAPANESE = "今日はいい天気です。"
MANUAL: dict[str, Any] = {"turn_detection": None}
QUICK = {"partial_interval_s": 0.1}


def told_model() -> FakeRecogniser:
    """Returns a model that has to be told one of three languages."""
    return FakeRecogniser(languages=("en", "de", "ja"), abilities=TOLD)


@asynccontextmanager
async def ready(model: FakeRecogniser) -> AsyncIterator[LiveClient]:
    """Yields a client, once the model has forgotten its self-test."""
    async with live_service(stt_app(model)) as server, connected(server) as client:
        model.told.clear()
        model.hotwords.clear()
        yield client


async def utterance(client: LiveClient, pcm: bytes) -> list[dict[str, Any]]:
    """Returns the events that follow samples and their commit."""
    await client.say(pcm)
    await client.send("input_audio_buffer.commit")
    return await client.until(f"{TRANSCRIPTION}.completed")


@pytest.mark.parametrize(
    ("transcription", "told"),
    [
        ({"language": "de"}, "de-DE"),
        ({"language": "japanese"}, "ja-JP"),
        ({"languages": ["fr", "de"]}, "de-DE"),
        ({"model": "whisper-1"}, "en-US"),
        (None, "en-US"),
    ],
)
async def test_the_model_is_told_the_sessions_language(
    transcription: dict[str, Any] | None, told: str
) -> None:
    model = told_model()
    async with ready(model) as client:
        updated = await client.configure(transcription=transcription, **MANUAL)
        assert updated["type"] == "session.updated"
        await utterance(client, speech(1))
    assert set(model.told) == {(told, None)}


async def test_a_later_update_changes_the_language_of_the_next_utterance() -> None:
    model = told_model()
    async with ready(model) as client:
        for code in ("de", "ja"):
            await client.configure(transcription={"language": code}, **MANUAL)
            await utterance(client, speech(0.5))
    assert [spoken for spoken, _ in model.told] == ["de-DE", "ja-JP"]


async def test_a_language_that_the_model_cannot_be_told_is_named() -> None:
    async with live_service(stt_app(told_model())) as server, connected(server) as client:
        error = await client.configure(transcription={"language": "fr"})
    assert error["type"] == "error"
    assert error["error"]["param"] == "session.audio.input.transcription.language"


async def nim_session(client: LiveClient, **changes: Any) -> dict[str, Any]:
    """Returns the answer to a NIM session's settings."""
    params = {"sample_rate_hz": 16_000, "num_channels": 1}
    session = {"input_audio_params": params, "recognition_config": {}, **changes}
    await client.send("transcription_session.update", session=session)
    return await client.next()


async def test_the_model_is_told_the_language_of_a_nim_session() -> None:
    model = told_model()
    async with ready(model) as client:
        updated = await nim_session(client, input_audio_transcription={"language": "de-DE"})
        assert updated["type"] == "transcription_session.updated"
        await client.say(speech(1, 16_000))
        await client.send("input_audio_buffer.done")
        await client.until(f"{TRANSCRIPTION}.completed")
    assert set(model.told) == {("de-DE", None)}


async def test_a_nim_session_in_a_foreign_language_is_named() -> None:
    async with live_service(stt_app(told_model())) as server, connected(server) as client:
        error = await nim_session(client, input_audio_transcription={"language": "fr-FR"})
    assert error["error"]["param"] == "session.input_audio_transcription.language"


async def test_what_the_model_cannot_do_has_no_effect_and_is_no_error() -> None:
    model = FakeRecogniser(abilities=LESS)
    async with ready(model) as client:
        given = {"audio": {"input": {"transcription": {"keywords": ["Aoife"]}, **MANUAL}}}
        include = ["item.input_audio_transcription.logprobs"]
        await client.send("session.update", session={**given, "include": include})
        updated = await client.next()
        assert updated["type"] == "session.updated"
        completed = (await utterance(client, speech(1)))[-1]
    assert completed["transcript"] == model.text
    assert "logprobs" not in completed
    assert set(model.hotwords) == {()}


async def test_phrases_that_a_model_cannot_prefer_are_no_error_of_a_nim_session() -> None:
    model = FakeRecogniser(abilities=LESS)
    boosting = {"enable_word_boosting": True, "word_boosting_list": [{"phrases": ["Aoife"]}]}
    async with ready(model) as client:
        updated = await nim_session(client, word_boosting=boosting)
        assert updated["type"] == "transcription_session.updated"
        await client.say(speech(1, 16_000))
        await client.send("input_audio_buffer.done")
        completed = (await client.until(f"{TRANSCRIPTION}.completed"))[-1]
    assert completed["transcript"] == model.text
    assert set(model.hotwords) == {()}


async def test_text_without_spaces_is_added_without_spaces() -> None:
    model = FakeRecogniser(JAPANESE, languages=("ja",))
    app = stt_app(model, realtime=QUICK)
    async with live_service(app) as server, connected(server) as client:
        await client.configure(**MANUAL)
        for _ in range(4):
            await client.say(speech(0.5))
            await asyncio.sleep(0.3)
        events = await utterance(client, speech(0.5))
    assert events[0]["type"] == f"{TRANSCRIPTION}.delta"
    deltas = [event["delta"] for event in events if event["type"].endswith(".delta")]
    assert "".join(deltas) == events[-1]["transcript"] == JAPANESE


async def test_the_whole_text_of_a_nim_session_has_no_spaces_between_its_utterances() -> None:
    model = FakeRecogniser(JAPANESE, languages=("ja",))
    async with live_service(stt_app(model)) as server, connected(server) as client:
        await nim_session(client, endpointing_config={"stop_history": 500})
        for _ in range(2):
            await client.say(speech(1, 16_000) + silence(1, 16_000))
        await client.send("input_audio_buffer.done")
        events = await client.until(f"{TRANSCRIPTION}.completed")
        while not events[-1]["is_last_result"]:
            events = await client.until(f"{TRANSCRIPTION}.completed")
    assert events[-1]["transcript"] == JAPANESE * 2
