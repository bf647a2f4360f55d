"""Thousands of malformed calls: none is an internal error, hangs, or stays in flight."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import grpc
import pytest
from fastapi import FastAPI

from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_tts.grpc.protos import riva_tts_pb2 as tts
from support.audio.sounds import libsndfile_bytes, swell
from support.grpc.calling import address_of, channel_to
from support.http.voice_apps import stt_app, tts_app
from support.ports import free_port

SEED = 20261130
SHORT, WHOLE = 150, 2500
CALLERS = 4
PATIENCE_S = 30.0
EXPECTED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
ASR, TTS = "/nvidia.riva.asr.RivaSpeechRecognition/", "/nvidia.riva.tts.RivaSpeechSynthesis/"
METHODS = {
    "stt": [f"{ASR}{name}" for name in ("Recognize", "StreamingRecognize")]
    + [f"{ASR}GetRivaSpeechRecognitionConfig", f"{TTS}Synthesize"],
    "tts": [f"{TTS}{name}" for name in ("Synthesize", "SynthesizeOnline")]
    + [f"{TTS}GetRivaSynthesisConfig", f"{ASR}Recognize"],
}
WAV = libsndfile_bytes(swell(0.3, 16_000), 16_000, "WAV", "PCM_16")
TEXTS = ["Hello.", "", "—", "<speak>", "7", "\x00", "مرحبا", "a" * 300, "<speak>so</speak>"]


def recognition(chance: random.Random) -> bytes:
    """Returns the bytes of a message of the recognition, most fields of which are odd."""
    config = asr.RecognitionConfig(
        encoding=chance.choice([0, 1, 2, 3, 4, 20, 99, -1]),  # type: ignore[arg-type] # odd
        sample_rate_hertz=chance.choice([0, 1, 8000, 16_000, -5, 2**31 - 1]),
        language_code=chance.choice(["en-US", "", "xx", "en", "\N{SNOWMAN}" * 9]),
        audio_channel_count=chance.choice([0, 1, 2, 33, -1]),
        enable_word_time_offsets=chance.random() < 0.5,
        profanity_filter=chance.random() < 0.1,
        speech_contexts=[asr.SpeechContext(phrases=chance.choices(TEXTS, k=2), boost=1.0)]
        if chance.random() < 0.3
        else [],
    )
    audio = _damaged(chance, WAV)
    kind = chance.randrange(4)
    message: Any = asr.RecognizeRequest(config=config, audio=audio)
    if kind == 1:
        streaming = asr.StreamingRecognitionConfig(config=config, interim_results=True)
        message = asr.StreamingRecognizeRequest(streaming_config=streaming)
    if kind == 2:
        message = asr.StreamingRecognizeRequest(
            audio_content=audio, runtime_config={"force_eou": chance.choice(["true", "7"])}
        )
    if kind == 3:
        message = asr.RivaSpeechRecognitionConfigRequest(model_name=chance.choice(TEXTS))
    return bytes(message.SerializeToString())


def synthesis(chance: random.Random) -> bytes:
    """Returns the bytes of a message of the synthesis, likewise."""
    message: Any = tts.SynthesizeSpeechRequest(
        text=chance.choice(TEXTS),
        language_code=chance.choice(["en-US", "", "xx"]),
        encoding=chance.choice([0, 1, 2, 3, 4, 20, 99, -1]),  # type: ignore[arg-type] # odd
        sample_rate_hz=chance.choice([0, 8000, 22_050, 48_000, 1, -5, 2**31 - 1]),
        voice_name=chance.choice(["", "default", "nobody", "nemo-voice.default"]),
        custom_dictionary=chance.choice(["", "a  b", "so", "tomato  təmeɪtoʊ", ",,\n"]),
    )
    if chance.random() < 0.1:
        message.zero_shot_data.audio_prompt = b"me"
    return bytes(message.SerializeToString())


def _damaged(chance: random.Random, audio: bytes) -> bytes:
    """Returns the recording, cut or with bytes of chance in it."""
    damaged = bytearray(audio[: chance.choice([0, 1, 5, 40, 44, 60, 4000, len(audio)])])
    for _ in range(chance.choice([0, 0, 1, 20])):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def malformed(chance: random.Random, message: Callable[[random.Random], bytes]) -> bytes:
    """Returns a message, whole, with bytes of chance in it, or nothing but those."""
    data = message(chance)
    match chance.randrange(4):
        case 0:
            return _damaged(chance, data)
        case 1:
            return chance.randbytes(chance.choice([0, 1, 10, 500]))
        case _:
            return data


async def outcome(
    channel: grpc.aio.Channel, method: str, messages: list[bytes], cut_s: float | None
) -> grpc.StatusCode:
    """Returns how a call of these messages ended, which may be cut off by its client."""

    async def each() -> AsyncIterator[bytes]:
        for message in messages:
            yield message

    call = channel.stream_stream(method)(each())
    if cut_s is not None:
        asyncio.get_running_loop().call_later(cut_s, call.cancel)
    with suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
        async with asyncio.timeout(PATIENCE_S):
            async for _ in call:
                pass
    code: grpc.StatusCode = await call.code()
    # What the client's own library says where the call was over before all was sent.
    is_over = await call.details() == "Internal error from Core"
    return grpc.StatusCode.CANCELLED if is_over else code


async def fuzzed(
    app: FastAPI, methods: list[str], message: Callable[[random.Random], bytes], count: int
) -> Counter[grpc.StatusCode]:
    """Returns how often calls of a few concurrent callers ended in each way."""
    chance, found = random.Random(SEED), Counter[grpc.StatusCode]()  # noqa: S311 the same each time
    left = iter(range(count))
    async with channel_to(app) as channel:

        async def call() -> None:
            for _ in left:
                messages = [malformed(chance, message) for _ in range(chance.choice([0, 1, 1, 3]))]
                cut_s = chance.choice([None, None, None, 0.0, 0.01])
                found[await outcome(channel, chance.choice(methods), messages, cut_s)] += 1

        await asyncio.gather(*(call() for _ in range(CALLERS)))
        async with asyncio.timeout(PATIENCE_S):
            while app.state.service.runtime.metrics.in_flight():
                await asyncio.sleep(0.01)
    return found


@pytest.mark.parametrize(
    "count", [SHORT, pytest.param(WHOLE, marks=pytest.mark.long)], ids=["short", "whole"]
)
@pytest.mark.parametrize("kind", ["stt", "tts"])
async def test_malformed_calls_are_refused_and_leave_nothing(
    kind: str, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    app = (stt_app if kind == "stt" else tts_app)(grpc_port=free_port())
    message = recognition if kind == "stt" else synthesis
    found = await fuzzed(app, METHODS[kind], message, count)
    assert set(found) <= EXPECTED, found
    assert found[grpc.StatusCode.OK] > 0
    assert found[grpc.StatusCode.INVALID_ARGUMENT] > count // 10
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


async def test_bytes_that_are_no_http2_hurt_nobody() -> None:
    chance = random.Random(SEED)  # noqa: S311 the same each time
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    app = tts_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        host, port = address_of(app).split(":")
        for _ in range(200):
            reader, writer = await asyncio.open_connection(host, int(port))
            start = preface if chance.random() < 0.5 else b""
            writer.write(start + chance.randbytes(chance.choice([0, 1, 9, 300])))
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(0.02):
                    await reader.read()
            writer.close()
        wanted = tts.SynthesizeSpeechRequest(text="Hello.")
        code = await outcome(channel, METHODS["tts"][0], [wanted.SerializeToString()], None)
    assert code is grpc.StatusCode.OK
