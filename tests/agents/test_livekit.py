"""LiveKit Agents' plugins, unmodified, in an environment of their own."""

from pathlib import Path
from typing import Any

import pytest

from agents.program import TEXT, Given
from support.http.agents import FIRST, SECOND, Services, heard_of_two_replicas, program_found
from support.http.foreign_clients import agent_python
from support.waiting import until

pytestmark = pytest.mark.long
HEARD = "good morning how are you today"
SCENARIOS = (
    "openai_stt",
    "openai_stt_turns",
    "nvidia_stt",
    "openai_tts",
    "elevenlabs_tts",
    "nvidia_tts",
    "nvidia_voices",
)


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of its environment."""
    return agent_python("livekit")


@pytest.fixture(scope="module")
def got(python: Path, given: Given) -> dict[str, Any]:
    """What its plugins got of both services."""
    return program_found(python, "livekit", given, *SCENARIOS)


@pytest.mark.parametrize("way", ["openai_stt", "openai_stt_turns", "nvidia_stt"])
def test_livekit_hears_every_word(got: dict[str, Any], way: str) -> None:
    assert got[way]["finals"] == [HEARD, HEARD]
    assert got[way]["errors"] == []


@pytest.mark.parametrize("way", ["openai_stt", "openai_stt_turns", "nvidia_stt"])
def test_livekit_shows_words_before_a_turn_is_over(got: dict[str, Any], way: str) -> None:
    kinds = got[way]["kinds"]
    first = kinds[: kinds.index("final_transcript")]
    assert first[:2] == ["start_of_speech", "interim_transcript"]
    assert HEARD.startswith(got[way]["partials"][0])


def test_livekit_gets_each_word_of_a_transcript(got: dict[str, Any]) -> None:
    assert got["nvidia_stt"]["words"] == [HEARD.split(), HEARD.split()]


@pytest.mark.parametrize("way", ["openai", "elevenlabs", "nvidia"])
def test_livekit_speaks(got: dict[str, Any], given: Given, services: Services, way: str) -> None:
    assert services.hear(given.folder / f"{way}.wav") == HEARD


@pytest.mark.parametrize("way", ["openai", "elevenlabs", "nvidia"])
def test_livekit_drops_speech_and_what_it_says_next_is_whole(
    got: dict[str, Any], given: Given, services: Services, way: str
) -> None:
    assert services.hear(given.folder / f"{way}-next.wav") == HEARD


def test_livekit_knows_the_words_as_they_are_spoken(got: dict[str, Any]) -> None:
    assert got["elevenlabs_tts"]["words"] == TEXT.split()


def test_livekit_lists_the_voices(got: dict[str, Any]) -> None:
    assert got["nvidia_voices"] == {"en-US": {"voices": ["nemo-voice.default"]}}


def test_livekit_leaves_nothing_behind(got: dict[str, Any], services: Services) -> None:
    until("nothing is left to do", services.are_idle)


def test_livekit_goes_on_with_another_replica_when_one_stops(python: Path, long: Given) -> None:
    found, status = heard_of_two_replicas(python, "livekit", long, "another_replica")
    assert {*found["finals"]} == {FIRST, SECOND}
    assert all("status_code=1012" in error for error in found["errors"])
    assert status == 0
