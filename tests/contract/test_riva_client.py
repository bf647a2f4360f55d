"""NVIDIA's client for Riva, unmodified, in an environment of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

from nemo_voice_serving.grpc.protos import riva_audio_pb2, riva_common_pb2
from nemo_voice_stt.grpc.protos import riva_asr_pb2
from nemo_voice_tts.grpc.protos import riva_tts_pb2
from support.audio.sounds import libsndfile_bytes, speech_like
from support.grpc.calling import address_of
from support.http.foreign_clients import riva_calls
from support.http.served import served
from support.http.voice_apps import stt_app, tts_app
from support.models.fakes import HOP, RATE_HZ
from support.ports import free_port

HEARD = "good morning how are you today"
TEXT = "Good morning. How are you today?"
FRAMES = len(TEXT) * 4 - 4
"""Of the fake's sound: four for each character but for the space between the sentences."""


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the client's program got of both services, which ask for a key."""
    folder = tmp_path_factory.mktemp("client")
    keys, clip = folder / "keys", folder / "clip.wav"
    keys.write_text("sesame")
    sound = speech_like([(0.1, 0.9)], 1.0, 16_000)
    clip.write_bytes(libsndfile_bytes(sound, 16_000, "WAV", "PCM_16"))
    tts = tts_app(grpc_port=free_port(), api_keys_file=keys)
    stt = stt_app(grpc_port=free_port(), api_keys_file=keys)
    with served(tts), served(stt):
        yield riva_calls(address_of(tts), address_of(stt), clip)


def test_a_whole_file_is_transcribed_as_nvidias_script_sends_it(got: dict[str, Any]) -> None:
    (result,) = got["asr"]["whole"]["results"]
    (best,) = result["alternatives"]
    assert best["transcript"] == f"{HEARD} "
    assert [word["word"] for word in best["words"]] == HEARD.split()
    assert best["words"][1]["startTime"] == 167
    assert f"Final transcript: {HEARD}" in got["asr"]["printed"]
    assert got["asr"]["later"] == got["asr"]["whole"]


def test_a_stream_ends_with_a_final_result(got: dict[str, Any]) -> None:
    result = got["asr"]["streamed"][-1]["results"][0]
    assert result["isFinal"]
    assert result["alternatives"][0]["transcript"] == f"{HEARD} "
    assert "Timestamps:" in got["asr"]["shown"]


def test_models_are_listed_for_both_ways(got: dict[str, Any]) -> None:
    assert [model["type"] for model in got["asr"]["models"]] == ["offline", "online"]
    assert {model["language_code"] for model in got["asr"]["models"]} == {"en"}


def test_refusals_reach_the_client_with_their_reason(got: dict[str, Any]) -> None:
    assert got["asr"]["badLanguage"]["code"] == "INVALID_ARGUMENT"
    assert "understands English (en)" in got["asr"]["badLanguage"]["details"]
    assert got["asr"]["badKey"]["code"] == "UNAUTHENTICATED"
    assert got["tts"]["badVoice"]["code"] == "INVALID_ARGUMENT"
    assert "alloy" in got["tts"]["badVoice"]["details"]
    assert got["tts"]["unimplemented"]["code"] == "UNIMPLEMENTED"


def test_speech_comes_whole_online_and_in_every_encoding(got: dict[str, Any]) -> None:
    found = got["tts"]
    assert found["online"] == pytest.approx(2 * FRAMES * HOP, rel=0.1)
    assert found["whole"] == pytest.approx(found["online"] * 44_100 / RATE_HZ, rel=0.01)
    assert len(found["texts"]) >= 2
    assert found["opus"] == "OggS"
    assert found["dictionary"] > 0


def test_words_have_times_and_come_one_by_one(got: dict[str, Any]) -> None:
    words = got["tts"]["words"]
    assert [word for word, _, _ in words] == TEXT.split()
    ends = [end_ms for _, _, end_ms in words]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(FRAMES * HOP / RATE_HZ * 1000, abs=2)
    assert got["tts"]["pieces"] == pytest.approx(2 * FRAMES * HOP, rel=0.1)


def test_every_listed_voice_speaks(got: dict[str, Any]) -> None:
    assert got["tts"]["voices"] == ["nemo-voice.default"]
    assert all(got["tts"]["byName"])


@pytest.mark.parametrize("module", [riva_audio_pb2, riva_common_pb2, riva_asr_pb2, riva_tts_pb2])
def test_the_messages_are_those_of_the_client(got: dict[str, Any], module: Any) -> None:
    name = module.DESCRIPTOR.name
    ours, theirs = FileDescriptorProto(), FileDescriptorProto()
    ours.ParseFromString(module.DESCRIPTOR.serialized_pb)
    theirs.ParseFromString(bytes.fromhex(got["descriptors"][name]))
    for file in (ours, theirs):
        for message in file.message_type:
            _forget_json_names(message)
    assert ours == theirs


def _forget_json_names(message: DescriptorProto) -> None:
    """Leaves out what one compiler writes and another does not."""
    for field in message.field:
        field.ClearField("json_name")
    for inner in message.nested_type:
        _forget_json_names(inner)
