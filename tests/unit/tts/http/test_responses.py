"""A response that is begun and never read: the work behind it ends with it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from nemo_voice_tts.app import SpeechService
from nemo_voice_tts.http.responses import SpeechResponses
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.synthesis.delivery import Delivery, SpeechParameters
from support.models.fakes import FakeNormaliser, FakeVoice

WANTED = SpeechParameters(text="One sentence. Another one.", param="text", max_chars=100)


@pytest.fixture
async def service() -> AsyncIterator[SpeechService]:
    """The service on a fake voice, ready, without a server."""
    made = SpeechService(TtsSettings(), lambda _settings, _progress: FakeVoice, FakeNormaliser())
    await made.start()
    await made.until_ready()
    yield made
    await made.stop()


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def gone() -> Message:
    return {"type": "http.disconnect"}


async def send(_message: Message) -> None:
    await asyncio.sleep(0)


def queued_work(service: SpeechService) -> float | None:
    return service.runtime.metrics.registry.get_sample_value("nemo_voice_queued_work")


@pytest.mark.parametrize("framing", ["stream", "stream_events"])
async def test_a_client_that_leaves_before_the_first_byte_frees_its_room(
    service: SpeechService, framing: str
) -> None:
    scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "headers": [], "method": "POST"}
    responses = SpeechResponses(service, Delivery(service))
    response = await getattr(responses, framing)(Request(scope, never), WANTED)
    assert queued_work(service) == len(WANTED.text)
    await response(scope, gone, send)
    assert queued_work(service) == 0
