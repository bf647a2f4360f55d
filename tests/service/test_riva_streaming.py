"""Riva's streaming recognition over a real channel, with a live session and a fake model."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from fastapi import FastAPI

from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from support.audio.sounds import libsndfile_bytes, swell
from support.grpc.calling import channel_to, details_of
from support.http.voice_apps import stt_app
from support.models.fakes import FakeRecogniser
from support.models.live import silence, speech
from support.ports import free_port

pytestmark = pytest.mark.timeout(60)

RATE_HZ = 16_000
HEARD = "good morning how are you today"
QUICK = {"partial_interval_s": 0.1}
PIECE = 3200
"""Bytes of a tenth of a second."""


class Caller:
    """One call: what is sent, and what comes back."""

    def __init__(self, call: grpc.aio.StreamStreamCall) -> None:
        self.call = call

    async def configure(self, *, interim: bool = True, **fields: Any) -> None:
        """Sends the configuration, of 16-bit samples unless told otherwise."""
        given = {"encoding": 1, "sample_rate_hertz": RATE_HZ, "language_code": "en-US", **fields}
        streaming = asr.StreamingRecognitionConfig(
            config=asr.RecognitionConfig(**given), interim_results=interim
        )
        await self.call.write(asr.StreamingRecognizeRequest(streaming_config=streaming))

    async def say(self, audio: bytes, piece: int = PIECE) -> None:
        """Sends audio in pieces."""
        for start in range(0, len(audio), piece):
            await self.call.write(
                asr.StreamingRecognizeRequest(audio_content=audio[start : start + piece])
            )

    async def speak(self, seconds: float) -> None:
        """Sends speech as slowly as it is spoken."""
        audio = speech(seconds, RATE_HZ)
        for start in range(0, len(audio), PIECE):
            await self.say(audio[start : start + PIECE])
            await asyncio.sleep(0.1)

    async def result(self) -> asr.StreamingRecognitionResult:
        """Returns the next result."""
        (result,) = (await self.call.read()).results
        found: asr.StreamingRecognitionResult = result
        return found

    async def final(self) -> asr.StreamingRecognitionResult:
        """Returns the next result that is final."""
        while not (result := await self.result()).is_final:
            pass
        return result

    async def rest(self) -> list[asr.StreamingRecognitionResult]:
        """Ends the audio and returns the results that are still to come."""
        await self.call.done_writing()
        found = []
        while (response := await self.call.read()) is not grpc.aio.EOF:
            found += response.results
        return found

    async def error(self) -> grpc.aio.AioRpcError:
        """Returns the error that the call ends with."""
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await self._to_end()
        return raised.value

    async def _to_end(self) -> None:
        while await self.call.read() is not grpc.aio.EOF:
            pass


@asynccontextmanager
async def calling(
    model: FakeRecogniser | None = None, **settings: Any
) -> AsyncIterator[tuple[Caller, FastAPI]]:
    """Yields a call of a service, and the service's application."""
    given = {"grpc_port": free_port(), "realtime": QUICK, **settings}
    app = stt_app(model, **given)
    async with channel_to(app) as channel:
        yield Caller(RivaSpeechRecognitionStub(channel).StreamingRecognize()), app


async def test_interim_results_come_while_somebody_speaks_and_a_final_one_at_the_pause() -> None:
    async with calling() as (caller, _):
        await caller.configure(enable_word_time_offsets=True)
        await caller.speak(1.5)
        interim = await caller.result()
        await caller.say(silence(1.2, RATE_HZ))
        final = await caller.final()  # the client has not ended its audio
        rest = await caller.rest()
    assert not interim.is_final
    assert HEARD.startswith(interim.alternatives[0].transcript.strip())
    assert interim.stability == pytest.approx(0.9)
    assert 0.3 <= interim.audio_processed <= 1.5
    assert final.alternatives[0].transcript == f"{HEARD} "
    assert [word.word for word in final.alternatives[0].words] == HEARD.split()
    assert rest == []


async def test_each_utterance_gets_its_own_final_result_with_times_in_the_stream() -> None:
    async with calling() as (caller, _):
        await caller.configure(enable_word_time_offsets=True)
        await caller.say(speech(1, RATE_HZ) + silence(2, RATE_HZ) + speech(1, RATE_HZ))
        finals = [result for result in await caller.rest() if result.is_final]
    first, second = (result.alternatives[0].words for result in finals)
    assert first[0].start_time == pytest.approx(0, abs=50)
    # Half a second of the pause before it belongs to it, as padding.
    assert 2500 <= second[0].start_time <= 3050
    assert second[-1].end_time <= 4000
    assert finals[0].audio_processed < finals[1].audio_processed == pytest.approx(4, abs=0.1)


async def test_only_final_results_come_where_no_interim_ones_are_wanted() -> None:
    async with calling() as (caller, _):
        await caller.configure(interim=False)
        await caller.say(speech(2, RATE_HZ))
        await asyncio.sleep(0.5)
        results = await caller.rest()
    assert [result.is_final for result in results] == [True]


async def test_no_space_follows_a_text_whose_script_has_none() -> None:
    text = "今日はいい天気です。"
    async with calling(FakeRecogniser(text, languages=("ja",))) as (caller, _):
        await caller.configure(interim=False, language_code="ja-JP")
        await caller.speak(1)
        [final] = await caller.rest()
    assert final.alternatives[0].transcript == text


async def test_silence_alone_says_nothing() -> None:
    async with calling() as (caller, _):
        await caller.configure()
        await caller.say(silence(2, RATE_HZ))
        assert await caller.rest() == []
        assert await caller.call.code() is grpc.StatusCode.OK


@pytest.mark.parametrize("piece", [1, 7, 3201])
async def test_pieces_may_end_anywhere(piece: int) -> None:
    audio = libsndfile_bytes(swell(0.3, RATE_HZ), RATE_HZ, "WAV", "PCM_16")
    async with calling() as (caller, _):
        await caller.configure(sample_rate_hertz=8000)  # the header knows better
        await caller.say(audio[:9600], piece)
        (final,) = [result for result in await caller.rest() if result.is_final]
    assert final.audio_processed == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    ("fields", "audio"),
    [
        ({"encoding": 3}, libsndfile_bytes(swell(1, 8000), 8000, "RAW", "ULAW")),
        ({"encoding": 20}, libsndfile_bytes(swell(1, 8000), 8000, "RAW", "ALAW")),
        ({"encoding": 1}, libsndfile_bytes(swell(1, 8000), 8000, "RAW", "PCM_16")),
        ({"encoding": 0}, libsndfile_bytes(swell(1, 8000), 8000, "RAW", "PCM_16")),
        ({"encoding": 1}, libsndfile_bytes(swell(1, 8000), 8000, "WAV", "ULAW")),
        ({"encoding": 1}, libsndfile_bytes(swell(1, 8000), 8000, "WAV", "PCM_24")),
        ({"encoding": 2}, libsndfile_bytes(swell(1, 8000), 8000, "FLAC", "PCM_16")),
        ({"encoding": 1}, libsndfile_bytes(swell(1, 8000), 8000, "FLAC", "PCM_16")),
    ],
)
async def test_every_encoding_is_streamed(fields: dict[str, Any], audio: bytes) -> None:
    async with calling() as (caller, _):
        await caller.configure(**{"sample_rate_hertz": 8000, **fields})
        await caller.say(audio)
        (final,) = [result for result in await caller.rest() if result.is_final]
    assert final.alternatives[0].transcript == f"{HEARD} "
    assert final.audio_processed == pytest.approx(1, abs=0.05)


async def test_a_client_may_end_an_utterance_itself() -> None:
    async with calling() as (caller, _):
        await caller.configure(interim=False)
        await caller.say(speech(1, RATE_HZ))
        await caller.call.write(
            asr.StreamingRecognizeRequest(audio_content=b"", runtime_config={"force_eou": "true"})
        )
        final = await caller.final()
    assert final.alternatives[0].transcript == f"{HEARD} "


async def test_the_pause_that_ends_an_utterance_is_the_clients_choice() -> None:
    async with calling() as (caller, _):
        await caller.configure(interim=False, endpointing_config={"stop_history": 200})
        await caller.say(speech(1, RATE_HZ) + silence(0.5, RATE_HZ) + speech(1, RATE_HZ))
        short = [result for result in await caller.rest() if result.is_final]
    async with calling() as (caller, _):
        await caller.configure(interim=False, endpointing_config={"stop_history": 2000})
        await caller.say(speech(1, RATE_HZ) + silence(0.5, RATE_HZ) + speech(1, RATE_HZ))
        long = [result for result in await caller.rest() if result.is_final]
    assert (len(short), len(long)) == (2, 1)


async def test_a_pause_that_no_utterance_has_is_refused() -> None:
    async with calling() as (caller, _):
        await caller.configure(endpointing_config={"stop_history": 20})
        error = await caller.error()
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(error)[1] == "config.endpointing_config.stop_history"


async def test_phrases_are_preferred_in_streams() -> None:
    model = FakeRecogniser()
    async with calling(model) as (caller, _):
        await caller.configure(speech_contexts=[asr.SpeechContext(phrases=["Aoife"])])
        await caller.say(speech(1, RATE_HZ))
        await caller.rest()
    assert model.hotwords[-1] == ("Aoife",)


async def test_more_streams_than_the_service_keeps_up_with_are_refused() -> None:
    async with calling(realtime={**QUICK, "max_sessions": 1}) as (caller, app):
        await caller.configure()
        await caller.speak(1)
        await caller.result()
        async with grpc.aio.insecure_channel(_address(app)) as channel:
            other = Caller(RivaSpeechRecognitionStub(channel).StreamingRecognize())
            await other.configure()
            # In one message: a second one would fail once the first was refused.
            await other.say(speech(0.2, RATE_HZ)[:PIECE])
            error = await other.error()
        await caller.rest()
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details_of(error) == ("no_capacity", None, 5.0)


def _address(app: FastAPI) -> str:
    return f"127.0.0.1:{app.state.service.runtime.settings.grpc_port}"


async def test_a_session_ends_with_its_client() -> None:
    async with calling() as (caller, app):
        await caller.configure()
        await caller.speak(1)
        await caller.result()
        caller.call.cancel()
        metrics = app.state.service.runtime.metrics
        async with asyncio.timeout(5):
            while metrics.in_flight():
                await asyncio.sleep(0.01)
        sessions = metrics.registry.get_sample_value("nemo_voice_live_sessions")
    assert sessions == 0


async def test_a_failing_model_ends_the_stream_of_a_client_that_waits() -> None:
    model = FakeRecogniser()
    async with calling(model) as (caller, _):
        await caller.configure(interim=False)
        model.error = RuntimeError("out of order")
        await caller.say(speech(1, RATE_HZ) + silence(1.5, RATE_HZ))
        error = await caller.error()  # the client neither sends nor ends
    assert error.code() is grpc.StatusCode.INTERNAL
    assert details_of(error)[0] == "backend_failed"


async def test_a_stopping_service_gives_the_final_result_and_sends_the_client_elsewhere() -> None:
    drain = {"delay_s": 0.5, "timeout_s": 1}
    async with calling(drain=drain) as (caller, app):
        await caller.configure(interim=False)
        await caller.say(speech(1, RATE_HZ))
        await asyncio.sleep(0.2)
        app.state.service.runtime.lifecycle.enter(Phase.DRAINING, "the service is stopping")
        await caller.say(silence(1, RATE_HZ))
        final = await caller.final()
        error = await caller.error()
    assert final.alternatives[0].transcript == f"{HEARD} "
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "connect again" in error.details()


async def test_a_stream_as_long_as_one_may_be_ends_like_that_too() -> None:
    realtime = {**QUICK, "max_session_s": 1}
    async with calling(realtime=realtime, drain={"delay_s": 0, "timeout_s": 1}) as (caller, _):
        await caller.configure(interim=False)
        await caller.say(speech(1, RATE_HZ))
        final = await caller.final()
        error = await caller.error()
    assert final.is_final
    assert error.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_configuration_in_the_middle_of_the_audio_is_refused() -> None:
    async with calling() as (caller, _):
        await caller.configure()
        await caller.say(speech(0.3, RATE_HZ))
        await caller.configure()
        error = await caller.error()
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(error)[1] == "audio_content"
