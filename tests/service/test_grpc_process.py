"""A service process with both protocols: it ends without losing a call, and its log is its own."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from nemo_voice_tts.grpc.protos import riva_tts_pb2 as tts
from nemo_voice_tts.grpc.protos.riva_tts_pb2_grpc import RivaSpeechSynthesisStub
from support.audio.sounds import libsndfile_bytes, swell
from support.http.service_process import service_process
from support.ports import free_port
from support.waiting import until

PATIENCE_S = 60
MARKER = "Zanzibar"
WAV = libsndfile_bytes(swell(4, 16_000), 16_000, "WAV", "PCM_16")


def test_sigterm_finishes_the_calls_in_flight_and_exits_with_zero(tmp_path: Path) -> None:
    port = free_port()
    drain = {"delay_s": 0.5, "timeout_s": 30}
    slow = {"BATCH_S": "2"}
    with (
        service_process("stt", tmp_path, grpc_port=port, drain=drain, environment=slow) as service,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        call = RivaSpeechRecognitionStub(channel).Recognize.future(asr.RecognizeRequest(audio=WAV))
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        statuses = [next(watch).status]
        service.process.send_signal(signal.SIGTERM)
        statuses += [response.status for response in watch]
        assert call.result(PATIENCE_S).results
        assert service.process.wait(PATIENCE_S) == 0
        lines = [json.loads(line) for line in service.written().splitlines()]
    assert statuses == [
        health_pb2.HealthCheckResponse.SERVING,
        health_pb2.HealthCheckResponse.NOT_SERVING,
    ]
    assert {line["level"] for line in lines} == {"info"}


def test_a_connection_is_closed_for_its_age_and_no_call_with_it(tmp_path: Path) -> None:
    port = free_port()
    settings: dict[str, Any] = {"grpc": {"max_connection_age_s": 1}}
    with (
        service_process(
            "stt", tmp_path, grpc_port=port, environment={"BATCH_S": "1"}, **settings
        ) as service,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = RivaSpeechRecognitionStub(channel)
        states: list[grpc.ChannelConnectivity] = []
        channel.subscribe(states.append)
        for _ in range(4):
            assert stub.Recognize(asr.RecognizeRequest(audio=WAV), timeout=PATIENCE_S).results
        until("the connection is closed", lambda: grpc.ChannelConnectivity.IDLE in states, 10)
        assert service.process.poll() is None


@pytest.mark.parametrize("word", ["unsayable", "unnormal", "breaking"])
def test_texts_are_in_no_line_whatever_becomes_of_them(tmp_path: Path, word: str) -> None:
    port = free_port()
    with (
        service_process("tts", tmp_path, grpc_port=port, log_level="debug") as service,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = RivaSpeechSynthesisStub(channel)
        assert stub.Synthesize(tts.SynthesizeSpeechRequest(text=f"All is well in {MARKER}.")).audio
        failing = tts.SynthesizeSpeechRequest(
            text=f"It is {word} in {MARKER}.", custom_dictionary="Zanzibar  zænzɪbɑr"
        )
        for call in (
            lambda: stub.Synthesize(failing),
            lambda: [*stub.SynthesizeOnline(iter([failing]))],
            lambda: stub.Synthesize(
                tts.SynthesizeSpeechRequest(text=MARKER, voice_name=MARKER, language_code=MARKER)
            ),
        ):
            with pytest.raises(grpc.RpcError) as raised:
                call()
            assert isinstance(raised.value, grpc.Call)
        lines = [json.loads(line) for line in service.written().splitlines()]
        assert MARKER.lower() not in service.written().lower()
        assert "zænz" not in service.written()
    routes = {line.get("route") for line in lines if line["event"] == "request finished"}
    assert "/nvidia.riva.tts.RivaSpeechSynthesis/Synthesize" in routes


def test_a_client_that_vanishes_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    with service_process("stt", tmp_path, grpc_port=port, environment={"BATCH_S": "1"}) as service:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        stub = RivaSpeechRecognitionStub(channel)
        calls = [stub.Recognize.future(asr.RecognizeRequest(audio=WAV)) for _ in range(20)]
        threading.Timer(0.3, channel.close).start()
        for call in calls:
            with pytest.raises(grpc.RpcError):
                call.result(PATIENCE_S)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as other:
            found = RivaSpeechRecognitionStub(other).Recognize(
                asr.RecognizeRequest(audio=WAV), timeout=PATIENCE_S
            )
        assert found.results
        assert service.process.poll() is None
