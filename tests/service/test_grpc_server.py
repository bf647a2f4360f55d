"""The gRPC server of a service: keys, statuses, deadlines, health, reflection, and its end."""

import asyncio
import hashlib
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from fastapi import FastAPI
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from typing_extensions import override

from nemo_voice_serving.http.protocol import ServerConfig
from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from nemo_voice_stt.transcription.port import Clip, Recognition
from support.audio.sounds import libsndfile_bytes, speech_like
from support.grpc.calling import address_of, channel_to, details_of, until_counted
from support.http.voice_apps import stt_app
from support.models.fakes import FakeRecogniser
from support.ports import free_port

RATE_HZ = 16_000
WAV = libsndfile_bytes(speech_like([(0.1, 0.9)], 1.0, RATE_HZ), RATE_HZ, "WAV", "PCM_16")
REQUEST = asr.RecognizeRequest(config=asr.RecognitionConfig(language_code="en-US"), audio=WAV)
NAME = "nvidia.riva.asr.RivaSpeechRecognition"
KEY = (("authorization", "Bearer sesame"),)
SERVING, NOT_SERVING, UNKNOWN = (
    health_pb2.HealthCheckResponse.ServingStatus.Value(name)
    for name in ("SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
)


class HeldRecogniser(FakeRecogniser):
    """A recogniser whose batches wait for a gate once it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        self.gate.wait(30)
        return super().recognise(batch)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with two keys."""
    file = tmp_path / "keys"
    file.write_text("sesame\nother-key\n")
    return file


def outcome_count(app: FastAPI, outcome: str, method: str = "Recognize") -> float | None:
    """Returns how many calls of a method ended so."""
    route = method if method == "unknown" else f"/{NAME}/{method}"
    registry = app.state.service.runtime.metrics.registry
    found: float | None = registry.get_sample_value(
        "nemo_voice_requests_total", {"route": route, "outcome": outcome}
    )
    return found


async def error_of(call: grpc.aio.Call) -> grpc.aio.AioRpcError:
    """Returns the error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return raised.value


async def test_a_call_needs_a_valid_key_where_keys_are_set(keys: Path) -> None:
    app = stt_app(grpc_port=free_port(), api_keys_file=keys)
    async with channel_to(app) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        without = await error_of(stub.Recognize(REQUEST))
        wrong = await error_of(stub.Recognize(REQUEST, metadata=(("authorization", "Bearer x"),)))
        await stub.Recognize(REQUEST, metadata=KEY)
        await stub.Recognize(REQUEST, metadata=(("api-key", "other-key"),))
        await until_counted(app)
    assert {error.code() for error in (without, wrong)} == {grpc.StatusCode.UNAUTHENTICATED}
    assert details_of(without)[0] == details_of(wrong)[0] == "invalid_api_key"
    assert outcome_count(app, "invalid_api_key") == 2
    assert outcome_count(app, "ok") == 2


async def test_a_call_without_a_key_is_refused_before_its_message_is_read(keys: Path) -> None:
    app = stt_app(grpc_port=free_port(), api_keys_file=keys)
    async with channel_to(app) as channel:
        call = channel.stream_stream(f"/{NAME}/Recognize")()
        error = await error_of(call.read())  # which never sends anything
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_even_unknown_methods_need_a_key(keys: Path) -> None:
    app = stt_app(grpc_port=free_port(), api_keys_file=keys)
    async with channel_to(app) as channel:
        unknown = channel.unary_unary("/nvidia.riva.nlp.RivaLanguageUnderstanding/AnalyzeIntent")
        without = await error_of(unknown(b""))
        with_key = await error_of(unknown(b"", metadata=KEY))
        await until_counted(app)
    assert without.code() is grpc.StatusCode.UNAUTHENTICATED
    assert with_key.code() is grpc.StatusCode.UNIMPLEMENTED
    assert NAME in with_key.details()
    assert outcome_count(app, "unimplemented", "unknown") == 1


async def test_health_and_reflection_need_no_key(keys: Path) -> None:
    app = stt_app(grpc_port=free_port(), api_keys_file=keys)
    async with channel_to(app) as channel:
        found = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        listed = await services_by_reflection(channel)
    assert found.status == SERVING
    assert NAME in listed


async def services_by_reflection(channel: grpc.aio.Channel) -> list[str]:
    """Returns the services that reflection lists, as grpcurl does."""
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async for response in stub.ServerReflectionInfo(iter([request])):
        return [service.name for service in response.list_services_response.service]
    return []


async def test_reflection_describes_every_service() -> None:
    async with channel_to(stt_app(grpc_port=free_port())) as channel:
        listed = await services_by_reflection(channel)
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=NAME)
        async for response in stub.ServerReflectionInfo(iter([request])):
            files = response.file_descriptor_response.file_descriptor_proto
    assert sorted(listed) == [
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        NAME,
    ]
    assert any(b"StreamingRecognize" in file for file in files)


async def test_one_limit_of_requests_counts_both_protocols(keys: Path) -> None:
    model = HeldRecogniser()
    app = stt_app(model, grpc_port=free_port(), api_keys_file=keys, key_limits={"requests": 1})
    quotas = app.state.service.runtime.access.quotas
    digest = hashlib.sha256(b"sesame").digest()
    async with channel_to(app) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        with quotas.request(digest):  # as an HTTP request of the same key does
            error = await error_of(stub.Recognize(REQUEST, metadata=KEY))
            await stub.Recognize(REQUEST, metadata=(("api-key", "other-key"),))
        await stub.Recognize(REQUEST, metadata=KEY)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details_of(error) == ("rate_limit_exceeded", None, 1.0)


async def test_what_is_left_of_a_quota_is_in_the_trailers(keys: Path) -> None:
    app = stt_app(grpc_port=free_port(), api_keys_file=keys, key_limits={"audio_s_per_minute": 60})
    async with channel_to(app) as channel:
        call = RivaSpeechRecognitionStub(channel).Recognize(REQUEST, metadata=KEY)
        await call
        trailers = dict(await call.trailing_metadata())
    assert trailers["x-ratelimit-limit-audio-seconds"] == "60"
    assert float(trailers["x-ratelimit-remaining-audio-seconds"]) == pytest.approx(59, abs=0.2)


async def test_a_service_that_is_not_ready_is_unavailable() -> None:
    app = stt_app(grpc_port=free_port())
    service = app.state.service
    async with channel_to(app) as channel:
        await service.until_ready()
        service.runtime.lifecycle._phase = Phase.LOADING
        error = await error_of(RivaSpeechRecognitionStub(channel).Recognize(REQUEST))
        health = health_pb2_grpc.HealthStub(channel)
        found = await health.Check(health_pb2.HealthCheckRequest())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert details_of(error) == ("not_ready", None, 2.0)
    assert found.status == NOT_SERVING


async def test_health_is_told_for_each_service_and_for_all() -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        found = await health.Check(health_pb2.HealthCheckRequest(service=NAME))
        every = await health.List(health_pb2.HealthListRequest())
        error = await error_of(health.Check(health_pb2.HealthCheckRequest(service="other")))
        unknown = await health.Watch(health_pb2.HealthCheckRequest(service="other")).read()
    assert found.status == SERVING
    assert {name: one.status for name, one in every.statuses.items()} == {
        "": SERVING,
        NAME: SERVING,
    }
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert unknown.status == UNKNOWN


async def test_a_watcher_is_told_of_a_failed_self_test_and_of_the_drain() -> None:
    app = stt_app(grpc_port=free_port())
    lifecycle = app.state.service.runtime.lifecycle
    async with channel_to(app) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        seen = [(await watch.read()).status]
        lifecycle.self_test_finished("it heard nothing")
        seen.append((await watch.read()).status)
        lifecycle.self_test_finished(None)
        seen.append((await watch.read()).status)
        lifecycle.enter(Phase.DRAINING, "the service is stopping")
        seen.append((await watch.read()).status)
    assert seen == [SERVING, NOT_SERVING, SERVING, NOT_SERVING]


async def test_a_malformed_message_is_the_clients_fault() -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        whole = channel.unary_unary(f"/{NAME}/Recognize")
        error = await error_of(whole(b"\x0a\xff\xff"))
        stream = channel.stream_stream(f"/{NAME}/StreamingRecognize")
        later = await error_of(stream(iter([b"\x0a\xff\xff"])).read())
    assert {error.code(), later.code()} == {grpc.StatusCode.INVALID_ARGUMENT}


async def test_a_call_whose_message_does_not_come_ends() -> None:
    app = stt_app(grpc_port=free_port(), grpc={"stream_idle_s": 1})
    async with channel_to(app) as channel:
        call = channel.stream_stream(f"/{NAME}/Recognize")()  # which neither sends nor ends
        late = await error_of(call.read())
        empty = await error_of(channel.stream_stream(f"/{NAME}/Recognize")(iter([])).read())
    assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert empty.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_message_over_the_limit_is_refused() -> None:
    app = stt_app(grpc_port=free_port(), grpc={"max_message_bytes": 64 * 1024})
    async with channel_to(app) as channel:
        request = asr.RecognizeRequest(audio=b"\0" * 70_000)
        error = await error_of(RivaSpeechRecognitionStub(channel).Recognize(request))
        await RivaSpeechRecognitionStub(channel).Recognize(REQUEST)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_compressed_message_is_refused_and_not_unpacked() -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        bomb = asr.RecognizeRequest(audio=bytes(60_000_000))
        stub = RivaSpeechRecognitionStub(channel)
        error = await error_of(stub.Recognize(bomb, compression=grpc.Compression.Gzip))
        await stub.Recognize(REQUEST)
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_failure_of_the_model_is_internal_and_quotes_nothing() -> None:
    model = FakeRecogniser()
    app = stt_app(model, grpc_port=free_port())
    async with channel_to(app) as channel:
        model.error = RuntimeError("cannot decode 'my secret'")
        error = await error_of(RivaSpeechRecognitionStub(channel).Recognize(REQUEST))
        await until_counted(app)
    assert error.code() is grpc.StatusCode.INTERNAL
    assert details_of(error)[0] == "backend_failed"
    assert "secret" not in str(error)
    assert outcome_count(app, "backend_failed") == 1


async def test_a_bug_is_internal_and_logged_under_the_calls_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        app.state.service.use_case()._admission.refuse_when_full = None
        call = RivaSpeechRecognitionStub(channel).Recognize(
            REQUEST, metadata=(("x-request-id", "call-7"),)
        )
        error = await error_of(call)
    assert error.code() is grpc.StatusCode.INTERNAL
    assert dict(error.trailing_metadata())["x-request-id"] == "call-7"
    (record,) = [one for one in caplog.records if one.message == "call failed"]
    assert vars(record)["request_id"] == "call-7"


@pytest.mark.parametrize("end", ["deadline", "cancel"])
async def test_work_ends_with_its_client(end: str) -> None:
    model = HeldRecogniser()
    app = stt_app(model, grpc_port=free_port())
    async with channel_to(app) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        admission = app.state.service.use_case()._admission
        model.gate.clear()
        call = stub.Recognize(REQUEST, timeout=1.5 if end == "deadline" else None)
        async with asyncio.timeout(10):
            while not admission.work:
                await asyncio.sleep(0.005)
        if end == "cancel":
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        else:
            assert (await error_of(call)).code() is grpc.StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(10):
            while admission.work or app.state.service.runtime.metrics.in_flight():
                await asyncio.sleep(0.005)
        model.gate.set()
    assert outcome_count(app, "client_gone") == 1


async def test_the_id_of_a_call_is_the_clients_where_it_has_one() -> None:
    async with channel_to(stt_app(grpc_port=free_port())) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        given = stub.Recognize(REQUEST, metadata=(("x-request-id", "call-7"),))
        unsafe = stub.Recognize(REQUEST, metadata=(("x-request-id", "call 7"),))
        await asyncio.gather(given, unsafe)
        ids = [dict(await call.trailing_metadata())["x-request-id"] for call in (given, unsafe)]
    assert ids[0] == "call-7"
    assert len(ids[1]) == 32


@asynccontextmanager
async def both_protocols(app: FastAPI) -> AsyncIterator[DrainingServer]:
    """Yields the running server of HTTP with that of gRPC beside it."""
    runtime = app.state.service.runtime
    server = DrainingServer(
        ServerConfig(app, runtime.settings, port=0),
        lifecycle=runtime.lifecycle,
        settings=runtime.settings,
        side_server=app.state.side_server,
    )
    task = asyncio.create_task(server.serve())
    try:
        await app.state.service.until_ready()
        while not server.started:
            await asyncio.sleep(0.005)
        yield server
    finally:
        server.should_exit = True
        await task


async def refused_call(stub: RivaSpeechRecognitionStub) -> grpc.aio.AioRpcError:
    """Returns the error of the first call that the server does not take; those before wait."""
    while True:
        error = await error_of(stub.Recognize(REQUEST, timeout=0.5))
        if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
            return error


async def test_the_end_waits_for_calls_in_flight_and_for_no_watcher() -> None:
    model = HeldRecogniser()
    app = stt_app(model, grpc_port=free_port(), drain={"delay_s": 0, "timeout_s": 20})
    async with both_protocols(app) as server, grpc.aio.insecure_channel(address_of(app)) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == SERVING
        model.gate.clear()
        stub = RivaSpeechRecognitionStub(channel)
        call = asyncio.ensure_future(stub.Recognize(REQUEST))
        while not app.state.service.use_case()._admission.work:
            await asyncio.sleep(0.005)
        server._drain()
        while not server.should_exit:
            await asyncio.sleep(0.005)
        late = await refused_call(stub)
        began_s = time.monotonic()
        model.gate.set()
        response = await call
    assert late.code() is grpc.StatusCode.UNAVAILABLE
    assert response.results[0].alternatives[0].transcript
    assert time.monotonic() - began_s < 5


async def test_a_call_that_outlasts_the_drain_is_cancelled() -> None:
    model = HeldRecogniser()
    app = stt_app(model, grpc_port=free_port(), drain={"delay_s": 0, "timeout_s": 1})
    async with both_protocols(app) as server, grpc.aio.insecure_channel(address_of(app)) as channel:
        model.gate.clear()
        call = RivaSpeechRecognitionStub(channel).StreamingRecognize()
        await call.write(asr.StreamingRecognizeRequest(streaming_config={}))
        await asyncio.sleep(0.1)
        server._drain()
        error = await error_of(call.read())
        model.gate.set()
    assert error.code() in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}


async def test_a_port_in_use_ends_the_start_where_it_was_asked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        app = stt_app(grpc_port=taken.getsockname()[1])
        with pytest.raises(SystemExit) as raised:
            await app.state.side_server.start()
    assert raised.value.code == 1
    assert "the port is not available" in caplog.messages


async def test_the_default_port_in_use_is_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = stt_app()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = app.state.service.runtime.settings
        monkeypatch.setitem(vars(settings), "grpc_port", taken.getsockname()[1])
        await app.state.side_server.start()
        await app.state.side_server.stop(0)
    (record,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert record.message == "grpc is off: its port is in use"
    assert "NEMO_VOICE_GRPC_PORT" in vars(record)["do"]


def test_a_port_of_0_turns_it_off() -> None:
    assert stt_app(grpc_port=0).state.side_server is None


async def test_plain_http_on_the_port_of_grpc_hurts_nobody() -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        host, port = address_of(app).split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /v1/health/ready HTTP/1.1\r\nhost: x\r\n\r\n")
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
        await RivaSpeechRecognitionStub(channel).Recognize(REQUEST)


async def test_calls_of_one_connection_beyond_the_limit_wait_for_others_to_end() -> None:
    model = HeldRecogniser()
    app = stt_app(model, grpc_port=free_port(), grpc={"max_concurrent_streams": 2})
    async with channel_to(app) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        await stub.Recognize(REQUEST)  # the client knows the limit from now on
        model.gate.clear()
        calls = [asyncio.ensure_future(stub.Recognize(REQUEST)) for _ in range(6)]
        metrics = app.state.service.runtime.metrics
        async with asyncio.timeout(10):
            while metrics.in_flight() < 2:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.2)  # in which a third would come
        most = metrics.in_flight()
        model.gate.set()
        await asyncio.gather(*calls)
    assert most == 2
