"""Home Assistant's protocol, by wyoming_openai and a Wyoming client, both unmodified."""

from pathlib import Path
from typing import Any

import pytest

from agents.program import Given
from support.http.agents import Services, program_found
from support.http.foreign_clients import agent_python
from support.waiting import until

HEARD = "good morning how are you today"


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of its environment."""
    return agent_python("wyoming")


@pytest.fixture(scope="module")
def got(python: Path, given: Given) -> dict[str, Any]:
    """What a client of the bridge got of both services."""
    return program_found(python, "wyoming", given, "offered", "heard", "said", "left")


def test_wyoming_describes_a_recogniser_that_streams_and_a_voice(got: dict[str, Any]) -> None:
    found = {"recognisers": ["nemo-voice"], "streams": [True], "voices": ["alloy"]}
    assert got["offered"] == found


def test_wyoming_hears_every_word(got: dict[str, Any]) -> None:
    assert got["heard"]["finals"] == [HEARD, HEARD]


def test_wyoming_shows_words_before_the_end(got: dict[str, Any]) -> None:
    assert "".join(got["heard"]["partials"]) == HEARD + HEARD
    assert len(got["heard"]["partials"]) > 2


@pytest.mark.parametrize("way", ["whole", "words"])
def test_wyoming_speaks_texts_that_come_whole_and_in_words(
    got: dict[str, Any], given: Given, services: Services, way: str
) -> None:
    assert services.hear(given.folder / f"{way}.wav") == HEARD


def test_wyoming_hears_every_word_after_a_client_hung_up(
    got: dict[str, Any], services: Services
) -> None:
    assert got["left"]["finals"] == [HEARD, HEARD]
    until("nothing is left to do", services.are_idle)
