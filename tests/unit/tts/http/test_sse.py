"""Events: what is carried arrives, in lines that clients can read."""

import base64
import json

import pytest

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_serving.http.streaming import failed
from nemo_voice_tts.http.sse import deltas, done


def data_of(event: bytes) -> dict[str, object]:
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    assert event.count(b"\n") == 2
    parsed: dict[str, object] = json.loads(event.removeprefix(b"data: "))
    return parsed


@pytest.mark.parametrize("size", [1, 2, 24_576, 24_577, 100_000])
def test_the_audio_of_the_events_is_the_audio(size: int) -> None:
    audio = bytes(place % 251 for place in range(size))
    events = list(deltas(audio))
    assert max(map(len, events)) < 64 * 1024
    carried = [data_of(event) for event in events]
    assert {one["type"] for one in carried} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(str(one["audio"])) for one in carried) == audio


def test_no_audio_is_no_event() -> None:
    assert list(deltas(b"")) == []


@pytest.mark.parametrize(("audio_s", "tokens"), [(0.0, 0), (0.01, 1), (1.0, 20), (2.51, 51)])
def test_the_last_event_counts_characters_and_twentieths_of_a_second(
    audio_s: float, tokens: int
) -> None:
    usage = {"input_tokens": 6, "output_tokens": tokens, "total_tokens": 6 + tokens}
    assert data_of(done("Hello.", audio_s)) == {"type": "speech.audio.done", "usage": usage}


def test_an_error_is_an_event_with_openais_error_object() -> None:
    event = data_of(failed(BackendFailed("The device is out of memory.")))
    assert event == {
        "type": "error",
        "error": {
            "message": "The device is out of memory.",
            "type": "server_error",
            "param": None,
            "code": "backend_failed",
        },
    }
