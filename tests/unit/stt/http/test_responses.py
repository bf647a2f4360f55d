"""A streamed transcript whose response is never sent: recognised audio is charged all the same."""

import asyncio
import io

from fastapi import UploadFile
from starlette.requests import Request
from starlette.types import Message

from nemo_voice_serving.access.quotas import Quotas
from nemo_voice_serving.settings import KeyLimitSettings
from nemo_voice_stt.app import TranscriptionService
from nemo_voice_stt.http.responses import TranscriptResponses, Upload
from nemo_voice_stt.settings import SttSettings
from support.http.transcribing import clip
from support.models.fakes import FakeRecogniser
from support.models.live import loud_detector

KEY = b"abcd"


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def gone() -> Message:
    return {"type": "http.disconnect"}


async def stalled(_message: Message) -> None:
    await asyncio.Event().wait()


async def test_a_client_that_leaves_before_the_first_byte_is_charged_for_the_first_passage() -> (
    None
):
    service = TranscriptionService(
        SttSettings(), lambda _settings, _progress: FakeRecogniser, loud_detector
    )
    scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "headers": [], "method": "POST"}
    upload = Upload(UploadFile(io.BytesIO(clip(1.5))), "file")
    metrics = service.runtime.metrics
    quotas = Quotas(KeyLimitSettings(), metrics)
    quotas.keep(frozenset({KEY}))
    async with service.running():
        with quotas.request(KEY):
            response = await TranscriptResponses(service).stream(
                Request(scope, never), upload, with_logprobs=False
            )
            await response(scope, gone, stalled)
    charged_s = metrics.registry.get_sample_value(
        "nemo_voice_key_audio_seconds_total", {"key": KEY.hex()}
    )
    assert charged_s == 1.5
