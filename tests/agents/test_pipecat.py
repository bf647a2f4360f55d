"""pipecat's services, unmodified, in pipelines of their own environment."""

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
    "openai_interrupted",
    "elevenlabs_interrupted",
    "nvidia_interrupted",
)


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of its environment."""
    return agent_python("pipecat")


@pytest.fixture(scope="module")
def got(python: Path, given: Given) -> dict[str, Any]:
    """What its pipelines got of both services."""
    return program_found(python, "pipecat", given, *SCENARIOS)


@pytest.mark.parametrize("way", ["openai_stt", "nvidia_stt"])
def test_pipecat_hears_every_word_of_turns_that_it_ends_itself(
    got: dict[str, Any], way: str
) -> None:
    assert " ".join(final.strip() for final in got[way]["finals"]) == f"{HEARD} {HEARD}"
    assert got[way]["errors"] == []


def test_pipecat_hears_every_word_of_turns_that_the_service_ends(got: dict[str, Any]) -> None:
    found = got["openai_stt_turns"]
    assert found["finals"] == [HEARD, HEARD]
    assert (found["began"], found["ended"]) == (2, 2)
    assert found["errors"] == []


@pytest.mark.parametrize("way", ["openai_stt", "openai_stt_turns", "nvidia_stt"])
def test_pipecat_shows_words_before_a_turn_is_over(got: dict[str, Any], way: str) -> None:
    assert len(got[way]["partials"]) > len(got[way]["finals"])
    assert "morning" in "".join(got[way]["partials"])


@pytest.mark.parametrize("way", ["openai", "elevenlabs", "nvidia"])
def test_pipecat_speaks(got: dict[str, Any], given: Given, services: Services, way: str) -> None:
    assert got[f"{way}_tts"]["errors"] == []
    assert services.hear(given.folder / f"{way}.wav") == HEARD


@pytest.mark.parametrize("way", ["openai", "elevenlabs", "nvidia"])
def test_pipecat_interrupts_speech_and_the_next_turn_is_whole(
    got: dict[str, Any], given: Given, services: Services, way: str
) -> None:
    assert got[f"{way}_interrupted"]["errors"] == []
    assert services.hear(given.folder / f"{way}-next.wav") == HEARD


def test_pipecat_knows_the_words_as_they_are_spoken(got: dict[str, Any]) -> None:
    assert got["elevenlabs_tts"]["words"] == TEXT.split()


def test_pipecat_leaves_nothing_behind(got: dict[str, Any], services: Services) -> None:
    until("nothing is left to do", services.are_idle)


def test_pipecat_goes_on_with_another_replica_when_one_stops(python: Path, long: Given) -> None:
    found, status = heard_of_two_replicas(python, "pipecat", long, "another_replica")
    assert {*found["finals"]} == {FIRST, SECOND}
    assert status == 0
