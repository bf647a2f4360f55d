"""Clients of other makers, unmodified: OpenAI's package for JavaScript, and LiteLLM."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.audio.sounds import libsndfile_bytes, speech_like
from support.http.foreign_clients import litellm_client, node_client
from support.http.served import served
from support.http.voice_apps import stt_app, tts_app
from support.models.fakes import RATE_HZ

HEARD = "good morning how are you today"
PCM_BYTES = 2 * round(len("Hello there.") * 4 * 256 / RATE_HZ * 24_000)


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[str]], Any]]:
    """What a client's program prints about both services, which ask for a key."""
    folder = tmp_path_factory.mktemp("client")
    keys, clip = folder / "keys", folder / "clip.wav"
    keys.write_text("sesame")
    sound = speech_like([(0.1, 0.9)], 1.0, 16000)
    clip.write_bytes(libsndfile_bytes(sound, 16000, "WAV", "PCM_16"))
    with served(tts_app(api_keys_file=keys)) as tts, served(stt_app(api_keys_file=keys)) as stt:

        def ask(command: list[str]) -> Any:
            ran = subprocess.run(
                [*command, tts, stt, str(clip)],
                env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
                capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert ran.returncode == 0, ran.stderr[-4000:]
            return json.loads(ran.stdout.strip().splitlines()[-1])

        yield ask


@pytest.fixture(scope="module")
def node(responses: Callable[[list[str]], Any]) -> Any:
    """What OpenAI's package for JavaScript got."""
    return responses(node_client())


@pytest.fixture(scope="module")
def litellm(responses: Callable[[list[str]], Any]) -> Any:
    """What LiteLLM got."""
    return responses(litellm_client())


def test_javascript_lists_and_names_the_model(node: Any) -> None:
    assert node["models"] == ["demo"]
    assert node["model"] == "demo"


def test_javascript_gets_speech_whole_and_streamed(node: Any) -> None:
    assert node["wholeSpeech"]["bytes"] > 1000
    assert node["pcm"]["bytes"] == PCM_BYTES
    assert node["pcm"]["chunks"] >= 1


def test_javascript_gets_a_transcript_in_every_format(node: Any) -> None:
    assert node["json"]["text"] == node["fromBytes"]["text"] == HEARD
    assert node["json"]["usage"] == {"type": "duration", "seconds": 1}
    assert node["text"].strip() == HEARD
    assert node["srt"].startswith("1\n00:00:00,")
    assert node["vtt"].startswith("WEBVTT\n\n")
    assert [word["word"] for word in node["verbose"]["words"]] == HEARD.split()
    assert node["verbose"]["segments"][0]["text"].strip() == HEARD


def test_javascript_gets_a_transcript_as_events(node: Any) -> None:
    *deltas, last = node["events"]
    assert {event["type"] for event in deltas} == {"transcript.text.delta"}
    assert "".join(event["delta"] for event in deltas) == last["text"] == HEARD
    assert last["type"] == "transcript.text.done"


def test_javascript_turns_refusals_into_its_own_errors(node: Any) -> None:
    found = {
        what: (error["name"], error["status"], error["code"], error["param"])
        for what, error in node.items()
        if what in {"badVoice", "emptyText", "badFile", "badKey", "noModel"}
    }
    assert found == {
        "badVoice": ("BadRequestError", 400, "unknown_voice", "voice"),
        "emptyText": ("BadRequestError", 400, "unspeakable_text", "input"),
        "badFile": ("BadRequestError", 400, "unsupported_audio", "file"),
        "badKey": ("AuthenticationError", 401, "invalid_api_key", None),
        "noModel": ("NotFoundError", 404, "not_found", "model"),
    }
    assert all(node[what]["requestID"] for what in found)
    assert all(node[what]["type"] == "invalid_request_error" for what in found)


def test_litellm_gets_speech(litellm: Any) -> None:
    assert litellm["mp3"]
    assert litellm["pcmBytes"] == PCM_BYTES


def test_litellm_gets_transcripts_with_words(litellm: Any) -> None:
    assert litellm["json"]["text"] == litellm["later"]["text"] == HEARD
    assert [word["word"] for word in litellm["verbose"]["words"]] == HEARD.split()
    assert litellm["verbose"]["segments"][0]["text"].strip() == HEARD


def test_litellm_turns_refusals_into_its_own_errors(litellm: Any) -> None:
    assert litellm["emptyText"] == {"name": "BadRequestError", "status": 400}
    assert litellm["badKey"] == {"name": "AuthenticationError", "status": 401}
