"""Quotas of API keys over HTTP: requests in flight, audio seconds, and their metrics."""

import asyncio
import hashlib
import threading
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_tts.settings import TtsSettings
from support.audio.sounds import tone
from support.http.voice_apps import calling, stt_app, tts_app
from support.models.fakes import FakeVoice

TEXT = "This is a test of the text to speech service."
TEXT_S = len(TEXT) * 4 * 256 / 22050
SPEECH = {"input": TEXT, "response_format": "wav"}
FIRST, SECOND = ({"Authorization": f"Bearer {key}"} for key in ("shop-1234", "desk-5678"))
LABEL = hashlib.sha256(b"shop-1234").hexdigest()[:8]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with two keys."""
    file = tmp_path / "keys"
    file.write_text("shop-1234\ndesk-5678\n")
    return file


def put(file: Path, text: str) -> None:
    """Writes the keys."""
    file.write_text(text)


async def until(client: httpx.AsyncClient, line: str) -> None:
    """Waits until the metrics have the line."""
    while line not in (await client.get("/metrics")).text:
        await asyncio.sleep(0.01)


async def test_a_key_over_its_concurrency_limit_is_refused_while_other_keys_are_served(
    keys: Path,
) -> None:
    voice = FakeVoice()
    async with calling(tts_app(voice, api_keys_file=keys, key_limits={"requests": 1})) as client:
        voice._gate = threading.Event()
        held = asyncio.create_task(client.post("/v1/audio/speech", json=SPEECH, headers=FIRST))
        await until(client, f'nemo_voice_key_in_flight{{key="{LABEL}"}} 1.0')
        refused = await client.post("/v1/audio/speech", json=SPEECH, headers=FIRST)
        voice._gate.set()
        other = await client.post("/v1/audio/speech", json=SPEECH, headers=SECOND)
        await held
        again = await client.post("/v1/audio/speech", json=SPEECH, headers=FIRST)
        metrics = (await client.get("/metrics")).text
    error = refused.json()["error"]
    assert refused.status_code == 429
    assert (error["code"], error["type"]) == ("rate_limit_exceeded", "rate_limit_error")
    assert error.keys() == {"message", "type", "param", "code"}
    assert (refused.headers["retry-after"], refused.headers["retry-after-ms"]) == ("1", "1000")
    assert "x-ratelimit-limit-audio-seconds" not in refused.headers
    assert [held.result().status_code, other.status_code, again.status_code] == [200] * 3
    assert f'nemo_voice_key_refusals_total{{key="{LABEL}",limit="requests"}} 1.0' in metrics
    assert 'outcome="rate_limit_exceeded"' in metrics


async def test_speech_is_charged_by_its_audio_until_the_quota_is_used(keys: Path) -> None:
    limits = {"audio_s_per_minute": 4}
    async with calling(tts_app(api_keys_file=keys, key_limits=limits)) as client:
        first = await client.post("/v1/audio/speech", json=SPEECH, headers=FIRST)
        last = await client.post("/v1/audio/speech", json=SPEECH, headers=FIRST)
        refused = await client.post("/v1/audio/speech", json=SPEECH, headers=FIRST)
        other = await client.post("/v1/audio/speech", json=SPEECH, headers=SECOND)
        metrics = (await client.get("/metrics")).text
    assert [one.status_code for one in (first, last, refused, other)] == [200, 200, 429, 200]
    assert refused.headers["x-ratelimit-limit-audio-seconds"] == "4"
    assert refused.headers["x-ratelimit-remaining-audio-seconds"] == "0.0"
    # Overdrawn, and a second must be there again: a fifteenth of it comes back each second.
    expected_s = (2 * TEXT_S - 4 + 1) * 15
    assert int(refused.headers["retry-after-ms"]) / 1000 == pytest.approx(expected_s, abs=2)
    line = f'nemo_voice_key_audio_seconds_total{{key="{LABEL}"}} '
    charged = float(metrics.partition(line)[2].split()[0])
    assert charged == pytest.approx(2 * TEXT_S)


async def test_a_transcript_is_charged_by_its_audio_and_states_what_is_left(keys: Path) -> None:
    limits = {"audio_s_per_minute": 60}
    clip = encode_whole(AudioFormat.WAV, tone(45, 16000), 16000)
    async with calling(stt_app(api_keys_file=keys, key_limits=limits)) as client:
        first = await client.post("/transcribe", files={"audio_file": clip}, headers=FIRST)
        broken = await client.post("/transcribe", files={"audio_file": b"noise"}, headers=FIRST)
        second = await client.post("/transcribe", files={"audio_file": clip}, headers=FIRST)
        third = await client.post("/transcribe", files={"audio_file": clip}, headers=FIRST)
    assert [one.status_code for one in (first, broken, second, third)] == [200, 400, 200, 429]
    left = [float(one.headers["x-ratelimit-remaining-audio-seconds"]) for one in (first, broken)]
    assert left == pytest.approx([15, 15], abs=5)
    assert int(third.headers["retry-after"]) == pytest.approx(31, abs=10)


async def test_a_client_that_disconnects_is_charged_for_the_audio_made_until_then(
    keys: Path,
) -> None:
    text = " ".join(f"This is sentence number {number} of a long text." for number in range(400))
    limits = {"audio_s_per_minute": 3}
    async with calling(tts_app(api_keys_file=keys, key_limits=limits)) as client:
        sending = client.stream("POST", "/synthesize", json={"text": text}, headers=FIRST)
        async with sending as response:
            async for _ in response.aiter_bytes():
                break
        await until(client, f'nemo_voice_key_in_flight{{key="{LABEL}"}} 0.0')
        metrics = (await client.get("/metrics")).text
    line = f'nemo_voice_key_audio_seconds_total{{key="{LABEL}"}} '
    assert float(metrics.partition(line)[2].split()[0]) > 0


async def test_a_removed_key_disappears_from_the_metrics(keys: Path) -> None:
    async with calling(tts_app(api_keys_file=keys)) as client:
        await client.post("/v1/audio/speech", json=SPEECH, headers=FIRST)
        before = (await client.get("/metrics")).text
        put(keys, "desk-5678\n")
        await client.get("/v1/models", headers=SECOND)
        after = (await client.get("/metrics")).text
    assert LABEL in before
    assert LABEL not in after
    assert "1234" not in before


async def test_metrics_need_a_key_only_where_the_setting_says_so(keys: Path) -> None:
    async with calling(tts_app(api_keys_file=keys, metrics_need_key=True)) as client:
        found = [(await client.get(path)).status_code for path in ("/metrics", "/v1/metrics")]
        shown = await client.get("/metrics", headers=FIRST)
        health = [
            (await client.get(path)).status_code
            for path in ("/v1/health/live", "/v1/health/ready", "/healthz", "/readyz")
        ]
        described = (await client.get("/openapi.json")).json()["paths"]["/metrics"]["get"]
    assert found == [401, 401]
    assert shown.status_code == 200
    assert health == [200] * 4
    assert "security" in described


@pytest.mark.parametrize(
    "settings",
    [
        {"key_limits": {"requests": 1}},
        {"key_limits": {"audio_s_per_minute": 0.5}},
        {"metrics_need_key": True},
    ],
    ids=str,
)
def test_settings_that_depend_on_keys_are_refused_without_keys(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="NEMO_VOICE_API_KEYS_FILE"):
        TtsSettings.model_validate(settings)
