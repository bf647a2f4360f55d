"""Riva's speech recognition over a real channel, with a fake model behind it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from typing_extensions import override

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole, pcm16
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.grpc.protos.riva_audio_pb2 import AudioEncoding
from nemo_voice_serving.grpc.protos.riva_common_pb2 import RequestId
from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from nemo_voice_stt.transcription.port import Abilities, Clip, Recognition
from support.audio.sounds import libsndfile_bytes, speech_like
from support.grpc.calling import channel_to, details_of, until_counted
from support.http.voice_apps import stt_app
from support.models.fakes import FakeRecogniser
from support.ports import free_port

RATE_HZ = 16_000
HEARD = "good morning how are you today"
SOUND = speech_like([(0.1, 0.9)], 1.0, RATE_HZ)
WAV = libsndfile_bytes(SOUND, RATE_HZ, "WAV", "PCM_16")
PCM = pcm16(SOUND)
CHUNK = 3200
"""Bytes of a tenth of a second."""


class Listening(FakeRecogniser):
    """A recogniser that keeps what it was given."""

    def __init__(self, languages: tuple[str, ...] = ("en",)) -> None:
        super().__init__(languages=languages)
        self.clips: list[Samples] = []
        self.languages: list[str | None] = []

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        self.clips += [clip.samples for clip in batch]
        self.languages += [clip.language for clip in batch]
        return super().recognise(batch)


def config(**fields: Any) -> asr.RecognitionConfig:
    """Returns a configuration in English with these fields."""
    return asr.RecognitionConfig(**{"language_code": "en-US", **fields})


async def recognised(
    request: asr.RecognizeRequest, model: FakeRecogniser | None = None, **settings: Any
) -> asr.RecognizeResponse:
    """Returns the response of a service to one request."""
    app = stt_app(model, grpc_port=free_port(), **settings)
    async with channel_to(app) as channel:
        response: asr.RecognizeResponse = await RivaSpeechRecognitionStub(channel).Recognize(
            request
        )
        return response


async def refusal(
    request: asr.RecognizeRequest, **settings: Any
) -> tuple[grpc.StatusCode, str, str | None]:
    """Returns the status, our code and the field of the error that a request gets."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await recognised(request, **settings)
    reason, param, _ = details_of(raised.value)
    return raised.value.code(), reason, param


def pieces(
    wanted: asr.RecognitionConfig, audio: bytes, *, interim: bool = False
) -> AsyncIterator[asr.StreamingRecognizeRequest]:
    """Returns the messages of a stream: the configuration, then the audio in pieces."""

    async def messages() -> AsyncIterator[asr.StreamingRecognizeRequest]:
        streaming = asr.StreamingRecognitionConfig(config=wanted, interim_results=interim)
        yield asr.StreamingRecognizeRequest(
            streaming_config=streaming, id=RequestId(value="call-7")
        )
        for start in range(0, len(audio), CHUNK):
            yield asr.StreamingRecognizeRequest(audio_content=audio[start : start + CHUNK])

    return messages()


async def test_a_recording_becomes_one_result_that_ends_with_a_space() -> None:
    request = asr.RecognizeRequest(config=config(), audio=WAV, id=RequestId(value="call-7"))
    response = await recognised(request)
    (result,) = response.results
    (best,) = result.alternatives
    assert best.transcript == f"{HEARD} "
    assert best.confidence == pytest.approx(0.9)
    assert not best.words
    assert (result.channel_tag, result.audio_processed) == (1, pytest.approx(1.0))
    assert response.id.value == "call-7"


async def test_words_have_times_in_milliseconds_where_they_are_wanted() -> None:
    request = asr.RecognizeRequest(config=config(enable_word_time_offsets=True), audio=WAV)
    (result,) = (await recognised(request)).results
    words = result.alternatives[0].words
    assert [word.word for word in words] == HEARD.split()
    assert [(word.start_time, word.end_time) for word in words[:2]] == [(0, 83), (167, 250)]
    assert words[0].confidence == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("name", "fields", "audio"),
    [
        ("whole WAV, nothing said", {}, WAV),
        ("WAV inside LINEAR_PCM", {"encoding": 1, "sample_rate_hertz": 8000}, WAV),
        ("bare samples", {"encoding": 1, "sample_rate_hertz": RATE_HZ}, PCM),
        ("bare samples of which only the rate is said", {"sample_rate_hertz": RATE_HZ}, PCM),
        ("FLAC", {"encoding": 2}, encode_whole(AudioFormat.FLAC, SOUND, RATE_HZ)),
        ("Ogg Opus", {"encoding": 4}, encode_whole(AudioFormat.OPUS, SOUND, RATE_HZ)),
        ("MP3, as unspecified", {}, encode_whole(AudioFormat.MP3, SOUND, RATE_HZ)),
        (
            "A-law",
            {"encoding": 20, "sample_rate_hertz": RATE_HZ},
            libsndfile_bytes(SOUND, RATE_HZ, "RAW", "ALAW"),
        ),
        (
            "µ-law",
            {"encoding": 3, "sample_rate_hertz": RATE_HZ},
            libsndfile_bytes(SOUND, RATE_HZ, "RAW", "ULAW"),
        ),
    ],
)
async def test_the_model_gets_the_sound_whatever_its_encoding(
    name: str, fields: dict[str, Any], audio: bytes
) -> None:
    model = Listening()
    await recognised(asr.RecognizeRequest(config=config(**fields), audio=audio), model)
    heard = model.clips[-1]
    count = min(len(heard), len(SOUND))
    assert abs(len(heard) - len(SOUND)) < RATE_HZ // 10, name
    assert _likeness(heard[:count], SOUND[:count]) > 0.95, name


def _likeness(one: Samples, other: Samples) -> float:
    """Returns the largest correlation of two sounds, one of which a codec may have delayed."""
    spectrum = np.fft.rfft(one, 2 * len(one)) * np.conj(np.fft.rfft(other, 2 * len(one)))
    return float(np.fft.irfft(spectrum).max() / np.linalg.norm(one) / np.linalg.norm(other))


async def test_law_encoded_samples_without_a_rate_are_a_telephones() -> None:
    model, sound = Listening(), speech_like([(0.1, 0.9)], 1.0, 8000)
    audio = libsndfile_bytes(sound, 8000, "RAW", "ULAW")
    await recognised(asr.RecognizeRequest(config=config(encoding=3), audio=audio), model)
    assert len(model.clips[-1]) == pytest.approx(RATE_HZ, abs=200)


async def test_channels_of_bare_samples_are_mixed() -> None:
    model = Listening()
    stereo = np.stack([SOUND, np.zeros_like(SOUND)], axis=1).reshape(-1)
    fields = {"encoding": 1, "sample_rate_hertz": RATE_HZ, "audio_channel_count": 2}
    await recognised(asr.RecognizeRequest(config=config(**fields), audio=pcm16(stereo)), model)
    assert len(model.clips[-1]) == len(SOUND)


async def test_phrases_are_preferred() -> None:
    model = Listening()
    context = asr.SpeechContext(phrases=["Siobhan", "Aoife Byrne"], boost=20.0)
    request = asr.RecognizeRequest(config=config(speech_contexts=[context]), audio=WAV)
    await recognised(request, model)
    assert model.hotwords[-1] == ("Siobhan", "Aoife Byrne")


@pytest.mark.parametrize("code", ["en-US", "en", "en-GB", "", "multi", "EN_us"])
async def test_a_language_is_accepted_in_every_spelling(code: str) -> None:
    request = asr.RecognizeRequest(config=config(language_code=code), audio=WAV)
    assert (await recognised(request)).results


async def test_a_model_that_has_to_be_told_its_language_is_told() -> None:
    model = Listening(languages=("en", "de"))
    model.abilities = Abilities(told_languages=("en", "de"), default_language="en")
    request = asr.RecognizeRequest(config=config(language_code="de-DE"), audio=WAV)
    await recognised(request, model)
    assert model.languages[-1] == "de"


async def test_phrases_are_refused_where_the_model_cannot_prefer_them() -> None:
    model = Listening()
    model.abilities = Abilities(hotwords=False)
    context = asr.SpeechContext(phrases=["Siobhan"])
    request = asr.RecognizeRequest(config=config(speech_contexts=[context]), audio=WAV)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await recognised(request, model)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(raised.value)[1] == "config.speech_contexts"


@pytest.mark.parametrize(
    ("fields", "audio", "param"),
    [
        ({"language_code": "de-DE"}, WAV, "config.language_code"),
        ({"encoding": 1}, PCM, "config.sample_rate_hertz"),
        ({"encoding": 1, "sample_rate_hertz": -1}, PCM, "config.sample_rate_hertz"),
        ({"encoding": 7, "sample_rate_hertz": RATE_HZ}, PCM, "config.encoding"),
        ({"encoding": 1, "sample_rate_hertz": 100}, PCM, "audio"),
        ({}, b"", "audio"),
        ({}, b"no audio at all" * 99, "audio"),
        ({"encoding": 2}, PCM, "audio"),
        (
            {"speech_contexts": [asr.SpeechContext(phrases=["so"], boost=-1)]},
            WAV,
            "config.speech_contexts",
        ),
        (
            {"speech_contexts": [asr.SpeechContext(phrases=["so"], boost=float("nan"))]},
            WAV,
            "config.speech_contexts",
        ),
        (
            {"speech_contexts": [asr.SpeechContext(phrases=["long " * 50])]},
            WAV,
            "config.speech_contexts",
        ),
    ],
)
async def test_what_is_wrong_is_refused_with_the_field_that_is(
    fields: dict[str, Any], audio: bytes, param: str
) -> None:
    code, _, found = await refusal(asr.RecognizeRequest(config=config(**fields), audio=audio))
    assert (code, found) == (grpc.StatusCode.INVALID_ARGUMENT, param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"profanity_filter": True}, "config.profanity_filter"),
        (
            {"diarization_config": {"enable_speaker_diarization": True}},
            "config.diarization_config",
        ),
        (
            {"enable_separate_recognition_per_channel": True, "audio_channel_count": 2},
            "config.enable_separate_recognition_per_channel",
        ),
    ],
)
async def test_what_the_model_cannot_do_is_refused_and_not_ignored(
    fields: dict[str, Any], param: str
) -> None:
    found = await refusal(asr.RecognizeRequest(config=config(**fields), audio=WAV))
    assert found == (grpc.StatusCode.UNIMPLEMENTED, "unimplemented", param)


async def test_audio_over_the_limit_is_refused_for_good() -> None:
    sound = np.concatenate([SOUND] * 11)
    request = asr.RecognizeRequest(
        config=config(encoding=1, sample_rate_hertz=RATE_HZ), audio=pcm16(sound)
    )
    code, reason, _ = await refusal(request, max_audio_s=10)
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "payload_too_large")


async def test_a_full_queue_says_when_to_come_back() -> None:
    model = Listening()
    gate = threading.Event()
    recognise = model.recognise

    def waiting(batch: Sequence[Clip], /) -> Sequence[Recognition]:
        gate.wait(30)
        return recognise(batch)

    app = stt_app(model, grpc_port=free_port(), max_queue_audio_s=0.5)
    request = asr.RecognizeRequest(config=config(), audio=WAV)
    async with channel_to(app) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        model.recognise = waiting  # type: ignore[method-assign] # only once the self-test is done
        service = app.state.service
        service.use_case()._recognitions._stage = waiting
        held = asyncio.ensure_future(stub.Recognize(request))
        while not service.use_case()._admission.work:
            await asyncio.sleep(0.01)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Recognize(request)
        gate.set()
        await held
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    reason, _, retry_s = details_of(raised.value)
    assert reason == "overloaded"
    assert retry_s is not None
    pushback = dict(raised.value.trailing_metadata())["grpc-retry-pushback-ms"]
    assert int(pushback) == round(retry_s * 1000) > 0


async def test_a_stream_becomes_final_results_once_it_ends() -> None:
    app = stt_app(grpc_port=free_port())
    fields = {"encoding": 1, "sample_rate_hertz": RATE_HZ, "enable_word_time_offsets": True}
    async with channel_to(app) as channel:
        call = RivaSpeechRecognitionStub(channel).StreamingRecognize(
            pieces(config(**fields), PCM, interim=True)
        )
        responses = [response async for response in call]
    *_, last = responses
    (result,) = last.results
    assert result.is_final
    assert result.alternatives[0].transcript == f"{HEARD} "
    assert [word.word for word in result.alternatives[0].words] == HEARD.split()
    assert result.audio_processed == pytest.approx(1.0)
    assert last.id.value == "call-7"


@pytest.mark.parametrize("audio", [WAV, encode_whole(AudioFormat.FLAC, SOUND, RATE_HZ)])
async def test_a_file_may_be_streamed_as_it_is(audio: bytes) -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        call = stub.StreamingRecognize(pieces(config(), audio))
        responses = [response async for response in call]
    assert responses[-1].results[0].alternatives[0].transcript == f"{HEARD} "


async def test_a_stream_without_audio_ends_well_and_says_nothing() -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        call = RivaSpeechRecognitionStub(channel).StreamingRecognize(pieces(config(), b""))
        assert [response async for response in call] == []
        assert await call.code() is grpc.StatusCode.OK


async def _stream_refusal(
    messages: Sequence[asr.StreamingRecognizeRequest], **settings: Any
) -> tuple[grpc.StatusCode, str | None]:
    app = stt_app(grpc_port=free_port(), **settings)
    async with channel_to(app) as channel:
        call = RivaSpeechRecognitionStub(channel).StreamingRecognize(iter(messages))
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            async for _ in call:
                pass
    return raised.value.code(), details_of(raised.value)[1]


async def test_a_stream_must_begin_with_its_configuration() -> None:
    audio = asr.StreamingRecognizeRequest(audio_content=PCM)
    found = await _stream_refusal([audio])
    assert found == (grpc.StatusCode.INVALID_ARGUMENT, "streaming_config")
    assert await _stream_refusal([]) == found


async def test_a_second_configuration_in_a_stream_is_refused() -> None:
    first = asr.StreamingRecognizeRequest(
        streaming_config=asr.StreamingRecognitionConfig(config=config())
    )
    found = await _stream_refusal([first, first])
    assert found == (grpc.StatusCode.INVALID_ARGUMENT, "audio_content")


async def test_more_bytes_than_an_upload_may_have_are_refused_as_they_come() -> None:
    first = asr.StreamingRecognizeRequest(
        streaming_config=asr.StreamingRecognitionConfig(config=config())
    )
    audio = asr.StreamingRecognizeRequest(audio_content=b"\0" * 60_000)
    found = await _stream_refusal([first, audio, audio], max_upload_bytes=100_000)
    assert found == (grpc.StatusCode.INVALID_ARGUMENT, "audio")


async def test_a_stream_that_falls_silent_ends() -> None:
    app = stt_app(grpc_port=free_port(), grpc={"stream_idle_s": 1})
    async with channel_to(app) as channel:
        call = RivaSpeechRecognitionStub(channel).StreamingRecognize()
        await call.write(
            asr.StreamingRecognizeRequest(
                streaming_config=asr.StreamingRecognitionConfig(config=config())
            )
        )
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call.read()
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert details_of(raised.value)[0] == "request_too_slow"


async def test_the_model_is_listed_for_both_ways_of_calling_it() -> None:
    app = stt_app(grpc_port=free_port())
    async with channel_to(app) as channel:
        stub = RivaSpeechRecognitionStub(channel)
        found = await stub.GetRivaSpeechRecognitionConfig(asr.RivaSpeechRecognitionConfigRequest())
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetRivaSpeechRecognitionConfig(
                asr.RivaSpeechRecognitionConfigRequest(model_name="other")
            )
    listed = [(one.model_name, dict(one.parameters)) for one in found.model_config]
    assert listed == [
        ("demo", {"type": "offline", "language_code": "en"}),
        ("demo", {"type": "online", "language_code": "en"}),
    ]
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_audio_is_charged_and_counted_as_over_http(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    app = stt_app(grpc_port=free_port(), api_keys_file=keys)
    async with channel_to(app) as channel:
        await RivaSpeechRecognitionStub(channel).Recognize(
            asr.RecognizeRequest(config=config(), audio=WAV),
            metadata=(("authorization", "Bearer sesame"),),
        )
        await until_counted(app)
    registry = app.state.service.runtime.metrics.registry
    route = "/nvidia.riva.asr.RivaSpeechRecognition/Recognize"
    served = registry.get_sample_value(
        "nemo_voice_requests_total", {"route": route, "outcome": "ok"}
    )
    assert served == 1
    assert registry.get_sample_value("nemo_voice_audio_in_seconds_total") == pytest.approx(1.0)
    (charged,) = [
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "nemo_voice_key_audio_seconds_total"
    ]
    assert charged == pytest.approx(1.0)


def test_every_encoding_of_the_protocol_is_known() -> None:
    assert sorted(AudioEncoding.values()) == [0, 1, 2, 3, 4, 20]
