"""NVIDIA's and ElevenLabs' clients of text in pieces, in an environment of their own."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.http.foreign_clients import pieces_calls
from support.http.served import served
from support.http.voice_apps import tts_app
from support.models.fakes import HOP, RATE_HZ

TEXT = "Good morning to you. How are you today?"
SECONDS = (len(TEXT) - 1) * 4 * HOP / RATE_HZ
"""Of the fake's sound: four frames for each character but for the blank between the sentences."""


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the clients' program got."""
    keys = tmp_path_factory.mktemp("client") / "keys"
    keys.write_text("sesame")
    with served(tts_app()) as open_server, served(tts_app(api_keys_file=keys)) as server:
        yield pieces_calls(*(one.removeprefix("http://") for one in (open_server, server)))


def test_nvidias_realtime_client_gets_the_speech_of_all_lines(got: dict[str, Any]) -> None:
    assert got["nvidia"]["failed"] is False
    assert got["nvidia"]["bytes"] == pytest.approx(2 * SECONDS * 44_100, rel=0.02)


def test_elevenlabs_package_gets_the_speech_of_all_pieces(got: dict[str, Any]) -> None:
    assert got["pcm"]["bytes"] == pytest.approx(2 * SECONDS * 24_000, rel=0.02)
    assert got["mp3"]["begins"].startswith("ff")


def test_refusals_reach_the_client(got: dict[str, Any]) -> None:
    assert "401" in got["badKey"]["error"]
    assert "400" in got["badVoice"]["error"]
