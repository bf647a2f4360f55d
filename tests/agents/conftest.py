"""Both services with the demo models, for programs of clients in environments of their own."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agents.program import TEXT, Given
from support.http.agents import Services
from support.ports import free_port
from tools import demo

CLIP_HZ = 16_000
LONG_SENTENCE = "The train to the north leaves at nine and the train to the south leaves at ten"


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Both services, ready."""
    tts = demo.Service("tts", "nemo_voice_tts", free_port(), free_port())
    stt = demo.Service("stt", "nemo_voice_stt", free_port(), free_port())
    with ExitStack() as stack:
        processes = {service: stack.enter_context(demo.running(service)) for service in (tts, stt)}
        demo.wait_until_ready(processes)
        yield Services(tts, stt)


@pytest.fixture(scope="module")
def given(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Given:
    """Where both are, a clip that the one spoke, and a folder."""
    folder = tmp_path_factory.mktemp("agents")
    return services.given(services.say(TEXT, CLIP_HZ, folder / "clip.wav"), folder)


@pytest.fixture
def long(services: Services, given: Given) -> Given:
    """The same with a clip of one utterance of several seconds."""
    path = services.say(LONG_SENTENCE, CLIP_HZ, given.folder / "long.wav")
    return services.given(path, given.folder)
