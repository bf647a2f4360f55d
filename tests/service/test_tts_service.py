"""The text-to-speech service over HTTP, on a fake voice."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from nemo_voice_serving.errors import BackendFailed, DeviceLost
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_tts.app import build
from nemo_voice_tts.settings import TtsSettings
from support.http.serving import client_of
from support.http.speech_service import TEXT, service_of
from support.models.fakes import FakeNormaliser, FakeVoice


async def test_the_native_route_streams_wav() -> None:
    async with service_of() as (client, _service):
        response = await client.post("/synthesize", json={"text": TEXT})
    assert response.status_code == 200
    assert response.headers["content-type"] == "audio/wav"
    assert response.headers["x-request-id"]
    assert response.content[:4] == b"RIFF"
    samples = np.frombuffer(response.content[44:], "<i2")
    assert len(samples) == len(TEXT) * 4 * 256


async def test_a_long_text_is_spoken_whole_and_in_order() -> None:
    sentences = [f"This is sentence {letter} of a long text." for letter in "BCDEFGHKLMNP"]
    voice = FakeVoice()
    async with service_of(voice) as (client, _service):
        response = await client.post("/synthesize", json={"text": " ".join(sentences)})
    spoken = ["".join(map(chr, phrase.tokens)) for phrase in voice.phrases[1:]]
    assert spoken == sentences
    assert len(response.content) == 44 + sum(map(len, sentences)) * 4 * 256 * 2


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"text": ""}, "unspeakable_text", "text"),
        ({"text": "   "}, "unspeakable_text", "text"),
        ({"text": "你好，世界"}, "unspeakable_text", "text"),
        ({"text": "!?..."}, "unspeakable_text", "text"),
        ({"text": "Say 你 now", "strict": True}, "unreadable_characters", "text"),
        ({}, "invalid_request", "text"),
        ({"text": 7}, "invalid_request", "text"),
        ({"text": "x" * 100_001}, "text_too_long", "text"),
    ],
)
async def test_a_wrong_text_is_a_400_that_says_so(body: object, code: str, param: str) -> None:
    async with service_of() as (client, _service):
        response = await client.post("/synthesize", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["param"], error["type"]) == (code, param, "invalid_request_error")
    assert error["message"]


async def test_a_strict_request_names_the_characters_that_no_voice_reads() -> None:
    strict = {"input": "Say 你 for ① € and 👍 м", "strict": True}
    async with service_of() as (client, _service):
        refused = await client.post("/v1/audio/speech", json=strict)
        spoken = await client.post("/v1/audio/speech", json={**strict, "strict": False})
        nim = {"text": (None, "Say м"), "strict": (None, "true")}
        refused_nim = await client.post("/v1/audio/synthesize", files=nim)
        metrics = (await client.get("/metrics")).text
    assert refused.status_code == refused_nim.status_code == 400
    assert refused.json()["error"]["code"] == "unreadable_characters"
    assert "U+4F60 at 4, U+043C at 20." in refused.json()["error"]["message"]
    assert spoken.status_code == 200
    assert "nemo_voice_unread_characters_total 2.0" in metrics


async def test_a_body_that_is_not_json_is_a_400() -> None:
    async with service_of() as (client, _service):
        response = await client.post(
            "/synthesize", content=b"{", headers={"content-type": "application/json"}
        )
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid_request"


async def test_unknown_addresses_and_methods_are_errors_of_the_same_shape() -> None:
    async with service_of() as (client, _service):
        missing, wrong = await client.get("/v1/nothing"), await client.get("/synthesize")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


async def test_the_model_is_listed_and_described() -> None:
    async with service_of() as (client, _service):
        listed = (await client.get("/v1/models")).json()
        described = await client.get("/v1/models/demo")
        unknown = await client.get("/v1/models/gpt-4")
    assert [model["id"] for model in listed["data"]] == ["demo"]
    found = {name: described.json()[name] for name in ("architecture", "kind", "speakers")}
    assert found == {"architecture": "FakeModel", "kind": "fake", "speakers": 1}
    assert described.json()["languages"] == listed["data"][0]["languages"] == ["en", "es"]
    assert unknown.status_code == 404


async def test_a_failing_model_is_a_500_without_its_details() -> None:
    voice = FakeVoice()
    async with service_of(voice) as (client, _service):
        voice.error = RuntimeError("secret path /srv/x")
        failed = await client.post("/synthesize", json={"text": TEXT})
        voice.error = None
        mended = await client.post("/synthesize", json={"text": TEXT})
    assert failed.status_code == 500
    assert failed.json()["error"]["code"] == "backend_failed"
    assert "secret" not in failed.text
    assert mended.status_code == 200


async def test_an_out_of_memory_says_what_the_backend_says() -> None:
    voice = FakeVoice()
    async with service_of(voice) as (client, _service):
        voice.error = BackendFailed("The device is out of memory.")
        failed = await client.post("/synthesize", json={"text": TEXT})
    assert failed.json()["error"]["message"] == "The device is out of memory."


async def test_a_lost_device_fails_the_service_for_good() -> None:
    voice = FakeVoice()
    async with service_of(voice, failed_linger_s=30) as (client, _service):
        voice.error = DeviceLost("illegal memory access")
        first = await client.post("/synthesize", json={"text": TEXT})
        second = await client.post("/synthesize", json={"text": TEXT})
        ready, live = await client.get("/readyz"), await client.get("/healthz")
    assert first.status_code == 500
    assert second.status_code == 503
    # The next connection goes to another pod.
    assert {response.headers["connection"] for response in (first, second)} == {"close"}
    assert (ready.status_code, live.status_code) == (503, 503)
    assert ready.json()["phase"] == "failed"
    assert "illegal memory access" in ready.json()["reason"]


async def test_a_full_queue_refuses_at_once_with_a_time() -> None:
    voice = FakeVoice()
    async with service_of(voice, max_queue_chars=60) as (client, _service):
        gate = threading.Event()
        voice._gate = gate
        held = asyncio.create_task(client.post("/synthesize", json={"text": TEXT}))
        while "nemo_voice_queued_work 45.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        refused = await client.post("/synthesize", json={"text": TEXT})
        gate.set()
        served = await held
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "rate_limit_error"
    assert int(refused.headers["retry-after"]) >= 1
    assert served.status_code == 200


async def test_a_client_that_leaves_stops_the_work_behind_it() -> None:
    voice = FakeVoice()
    async with service_of(voice) as (client, _service):
        gate = threading.Event()
        voice._gate = gate
        text = " ".join(f"Sentence number {number}." for number in range(50))
        task = asyncio.create_task(client.post("/synthesize", json={"text": text}))
        while "nemo_voice_in_flight 1.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        while "nemo_voice_in_flight 0.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        gate.set()
        metrics = (await client.get("/metrics")).text
        assert 'outcome="client_gone",route="/synthesize"' in metrics
        assert "nemo_voice_queued_work 0.0" in metrics
    assert len(voice.phrases) < 10


async def test_a_client_that_leaves_mid_stream_frees_its_room() -> None:
    async with service_of() as (client, _service):
        text = " ".join(f"Sentence number {number}." for number in range(1000))
        async with client.stream("POST", "/synthesize", json={"text": text}) as response:
            async for _chunk in response.aiter_raw():
                break
        while "nemo_voice_queued_work 0.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        while "nemo_voice_in_flight 0.0" not in (metrics := (await client.get("/metrics")).text):
            await asyncio.sleep(0.01)
    assert 'outcome="client_gone",route="/synthesize"} 1.0' in metrics
    assert 'outcome="ok",route="/synthesize"' not in metrics


async def test_readiness_names_the_phase_and_its_seconds() -> None:
    async with service_of() as (client, _service):
        response = await client.get("/v1/health/ready")
    facts = response.json()
    assert (response.status_code, facts["status"], facts["phase"]) == (200, "ready", "ready")
    assert {"fetching", "loading", "warming", "ready"} <= facts["seconds"].keys()
    assert facts["self_test"]["passed"]


async def test_a_start_that_fails_says_why_and_is_not_ready() -> None:
    def broken(_settings: object, _progress: object) -> type[FakeVoice]:
        raise FileNotFoundError("no such model: nvidia/nothing")

    app = build(TtsSettings(failed_linger_s=30), broken, FakeNormaliser())
    async with client_of(app, ready=False) as client:
        while not app.state.service.runtime.lifecycle.has_failed:
            await asyncio.sleep(0.01)
        ready = await client.get("/v1/health/ready")
        refused = await client.post("/synthesize", json={"text": TEXT})
    assert ready.status_code == 503
    assert "nvidia/nothing" in ready.json()["reason"]
    assert refused.status_code == 503
    assert refused.headers["retry-after"]


async def test_metrics_count_requests_by_route_and_outcome() -> None:
    async with service_of() as (client, _service):
        await client.post("/synthesize", json={"text": TEXT})
        await client.post("/synthesize", json={"text": ""})
        await client.get("/nowhere")
        text = (await client.get("/metrics")).text
    assert 'nemo_voice_requests_total{outcome="ok",route="/synthesize"} 1.0' in text
    assert 'nemo_voice_requests_total{outcome="unspeakable_text",route="/synthesize"} 1.0' in text
    assert 'nemo_voice_requests_total{outcome="not_found",route="unknown"} 1.0' in text
    assert 'nemo_voice_phase{phase="ready"} 1.0' in text
    assert "nemo_voice_self_test_passed 1.0" in text
    assert "nemo_voice_first_audio_seconds_count 1.0" in text


async def test_a_request_id_is_echoed_only_when_it_is_harmless() -> None:
    async with service_of() as (client, _service):
        kept = await client.get("/v1/models", headers={"x-request-id": "abc-1"})
        replaced = await client.get("/v1/models", headers={"x-request-id": 'a"b <script>'})
    assert kept.headers["x-request-id"] == "abc-1"
    assert len(replaced.headers["x-request-id"]) == 32


async def test_a_body_over_the_limit_is_a_413_declared_or_not() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 512

    async with service_of(max_upload_bytes=2048) as (client, _service):
        declared = await client.post("/synthesize", json={"text": "x" * 4096})
        streamed = await client.post("/synthesize", content=chunks())
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert streamed.json()["error"]["code"] == "payload_too_large"


async def test_draining_serves_what_comes_and_closes_each_connection() -> None:
    async with service_of(drain={"delay_s": 30}) as (client, service):
        service.runtime.lifecycle.enter(Phase.DRAINING, "the service is stopping")
        response = await client.post("/synthesize", json={"text": TEXT})
        ready = await client.get("/readyz")
    assert response.status_code == 200
    assert response.headers["connection"] == "close"
    assert (ready.status_code, ready.json()["phase"]) == (503, "draining")


async def test_the_openapi_document_names_every_route(tmp_path: Path) -> None:
    async with service_of(model_cache=tmp_path) as (client, _service):
        document = (await client.get("/openapi.json")).json()
    paths = document["paths"]
    assert "422" not in paths["/synthesize"]["post"]["responses"]
    assert "400" in paths["/synthesize"]["post"]["responses"]
    assert {
        "/synthesize",
        "/v1/audio/speech",
        "/v1/audio/synthesize",
        "/v1/audio/synthesize_online",
        "/v1/audio/list_voices",
        "/v1/models",
        "/v1/health/ready",
        "/metrics",
    } <= paths.keys()
