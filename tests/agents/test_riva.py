"""NVIDIA's realtime client, unmodified, in an environment of its own."""

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
    return agent_python("riva")


@pytest.fixture(scope="module")
def got(python: Path, given: Given) -> dict[str, Any]:
    """What the client got of both services."""
    return program_found(python, "riva", given, "file", "microphone")


def test_riva_hears_every_word_of_a_file_and_when_it_was_said(got: dict[str, Any]) -> None:
    assert got["file"]["final"] == HEARD
    assert got["file"]["words"] == HEARD.split()


def test_riva_hears_every_word_of_a_microphone_with_a_transcript_for_each_utterance(
    got: dict[str, Any],
) -> None:
    assert got["microphone"]["final"] == f"{HEARD} {HEARD}"
    assert got["microphone"]["finals"] == [HEARD, HEARD]


def test_riva_shows_words_before_an_utterance_is_over(got: dict[str, Any]) -> None:
    partials = got["microphone"]["partials"]
    assert "".join(partials) == HEARD + HEARD
    assert len(partials) > 2


def test_riva_leaves_nothing_behind(got: dict[str, Any], services: Services) -> None:
    until("nothing is left to do", services.are_idle)
