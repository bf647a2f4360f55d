"""LiteLLM's realtime proxy, unmodified, between OpenAI's package and the service."""

from pathlib import Path
from typing import Any

import pytest

from agents.program import Given
from support.http.agents import FIRST, SECOND, Services, heard_of_two_replicas, program_found
from support.http.foreign_clients import agent_python
from support.waiting import until

HEARD = "good morning how are you today"


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of its environment."""
    return agent_python("litellm")


@pytest.fixture(scope="module")
def got(python: Path, given: Given) -> dict[str, Any]:
    """What its clients got of both services."""
    return program_found(python, "litellm", given, "live_stt")


def test_litellm_passes_on_every_word(got: dict[str, Any]) -> None:
    assert got["live_stt"]["finals"] == [HEARD, HEARD]


def test_litellm_passes_on_words_before_a_turn_is_over(got: dict[str, Any]) -> None:
    partials = got["live_stt"]["partials"]
    assert "".join(partials) == HEARD + HEARD
    assert len(partials) > 2


def test_litellm_passes_on_errors_with_the_id_that_the_client_gave(got: dict[str, Any]) -> None:
    assert got["live_stt"]["refused"] == "mine"


def test_litellm_leaves_nothing_behind(got: dict[str, Any], services: Services) -> None:
    until("nothing is left to do", services.are_idle)


def test_litellm_passes_on_that_a_replica_stops_and_connects_to_another(
    python: Path, long: Given
) -> None:
    found, status = heard_of_two_replicas(python, "litellm", long, "another_replica")
    assert {*found["finals"]} == {FIRST, SECOND}
    assert found["codes"] == [1012, None]
    assert status == 0
