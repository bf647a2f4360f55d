"""The field that an error blames: as each route spells it, for every route with text or audio."""

import json
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_stt.self_test import SENTENCES
from nemo_voice_stt.transcription.port import Abilities
from support.http.voice_apps import calling, stt_app, tts_app
from support.models.fakes import FakeRecogniser

TEXT_FIELDS = {
    "/synthesize": "text",
    "/v1/audio/reading": "text",
    "/v1/audio/speech": "input",
    "/v1/audio/synthesize": "text",
    "/v1/audio/synthesize_online": "text",
}
AUDIO_FIELDS = {
    "/transcribe": "audio_file",
    "/v1/audio/transcriptions": "file",
    "/v1/audio/translations": "file",
}
TRANSLATES = Abilities(told_languages=("de",), translations=(("de", "en"),), default_language="de")
FORMS = {"/v1/audio/synthesize", "/v1/audio/synthesize_online"}
SESSIONS = {"/v1/realtime/client_secrets", "/v1/realtime/transcription_sessions"}
"""They take settings, and neither text nor audio; so does what begins a spoken session."""

LONG = encode_whole(AudioFormat.WAV, np.zeros(16_000 * 12, np.float32), 16_000)
UPLOADS = {
    "empty": ("a.wav", b"", "audio/wav"),
    "no audio": ("a.wav", b"not audio at all", "audio/wav"),
    "cut off": ("a.wav", LONG[:20], "audio/wav"),
    "too long": ("a.wav", LONG, "audio/wav"),
    "no rate": ("a.raw", bytes(64_000), "audio/L16"),
    "wrong rate": ("a.raw", bytes(64_000), "audio/pcm;rate=fast"),
    "odd channels": ("a.raw", bytes(64_000), "audio/pcm;rate=16000;channels=99"),
}
TEXTS = {"empty": "", "blank": " ", "foreign": "你好，世界", "marks": "!?...", "long": "x" * 200}


def posts_of(app: FastAPI) -> set[str]:
    """Returns the path of every route that takes a body."""
    return {path for path, methods in app.openapi()["paths"].items() if "post" in methods}


async def param_of(response: httpx.Response) -> Any:
    assert 400 <= response.status_code < 500, response.text
    return json.loads(await response.aread())["error"]["param"]


def test_every_route_with_a_body_is_in_these_tables() -> None:
    assert posts_of(tts_app()) == TEXT_FIELDS.keys() | {"/v1/realtime/synthesis_sessions"}
    assert posts_of(stt_app()) == AUDIO_FIELDS.keys() | SESSIONS


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_a_wrong_text_blames_the_field_of_its_route(text: str) -> None:
    async with calling(tts_app(max_text_chars=100, max_long_text_chars=100)) as client:
        for path, field in TEXT_FIELDS.items():
            form, body = {"files": {field: (None, text)}}, {"json": {field: text}}
            response = await client.post(path, **(form if path in FORMS else body))
            assert (path, await param_of(response)) == (path, field)


@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS.keys())
async def test_a_wrong_recording_blames_the_field_of_its_route(
    upload: tuple[str, bytes, str],
) -> None:
    translates = FakeRecogniser(SENTENCES["de"], languages=("de",), abilities=TRANSLATES)
    async with calling(stt_app(translates, max_audio_s=10)) as client:
        for path, field in AUDIO_FIELDS.items():
            response = await client.post(path, files={field: upload})
            assert (path, await param_of(response)) == (path, field)


async def test_a_wrong_recording_blames_its_field_in_events_as_well() -> None:
    async with calling(stt_app(max_audio_s=10)) as client:
        response = await client.post(
            "/v1/audio/transcriptions",
            files={"file": UPLOADS["too long"]},
            data={"stream": "true"},
        )
    assert await param_of(response) == "file"
