"""Riva's speech synthesis over a real channel, with a fake voice behind it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.grpc.protos.riva_common_pb2 import RequestId
from nemo_voice_tts.grpc.protos import riva_tts_pb2 as tts
from nemo_voice_tts.grpc.protos.riva_tts_pb2_grpc import RivaSpeechSynthesisStub
from support.grpc.calling import channel_to, details_of, until_counted
from support.http.voice_apps import tts_app
from support.models.fakes import HOP, RATE_HZ, FakeVoice
from support.ports import free_port

TEXT = "This is a test of the text to speech service."
SAMPLES = len(TEXT) * 4 * HOP
NAME = "nvidia.riva.tts.RivaSpeechSynthesis"


def request(text: str = TEXT, **fields: Any) -> tts.SynthesizeSpeechRequest:
    """Returns a request as `nvidia-riva-client` makes it, with these fields."""
    defaults = {"language_code": "en-US", "encoding": 1, "sample_rate_hz": RATE_HZ}
    return tts.SynthesizeSpeechRequest(text=text, **{**defaults, **fields})


async def spoken(
    wanted: tts.SynthesizeSpeechRequest, voice: FakeVoice | None = None, **settings: Any
) -> tts.SynthesizeSpeechResponse:
    """Returns the response of a service to one request."""
    async with channel_to(tts_app(voice, grpc_port=free_port(), **settings)) as channel:
        response: tts.SynthesizeSpeechResponse
        response = await RivaSpeechSynthesisStub(channel).Synthesize(wanted)
        return response


async def streamed(
    texts: Sequence[tts.SynthesizeSpeechRequest], voice: FakeVoice | None = None, **settings: Any
) -> list[tts.SynthesizeSpeechResponse]:
    """Returns the responses of a service to a stream of texts."""
    async with channel_to(tts_app(voice, grpc_port=free_port(), **settings)) as channel:
        call = RivaSpeechSynthesisStub(channel).SynthesizeOnline(iter(texts))
        return [response async for response in call]


async def test_documents_of_ssml_are_spoken_one_by_one() -> None:
    texts = ["First a part", "<speak>Hi there.</speak>", "<speak>Bye now.</speak>"]
    responses = await streamed([request(text) for text in texts])
    assert [one.meta.text for one in responses if one.meta.text] == texts


async def refusal(
    wanted: tts.SynthesizeSpeechRequest, **settings: Any
) -> tuple[grpc.StatusCode, str, str | None]:
    """Returns the status, our code and the field of the error that a request gets."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await spoken(wanted, **settings)
    reason, param, _ = details_of(raised.value)
    return raised.value.code(), reason, param


async def test_a_text_becomes_bare_samples() -> None:
    response = await spoken(request(id=RequestId(value="call-7")))
    samples = np.frombuffer(response.audio, "<i2")
    assert len(samples) == SAMPLES
    assert np.abs(samples).max() == pytest.approx(3277, abs=40)  # the fake's tone, no header
    assert response.meta.text == TEXT
    assert response.id.value == "call-7"


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100, 48_000])
async def test_samples_have_the_rate_that_is_asked_for(rate_hz: int) -> None:
    response = await spoken(request(sample_rate_hz=rate_hz))
    assert len(response.audio) / 2 == pytest.approx(SAMPLES * rate_hz / RATE_HZ, abs=4)


async def test_without_a_rate_or_an_encoding_samples_are_the_models() -> None:
    wanted = tts.SynthesizeSpeechRequest(text=TEXT)
    assert len((await spoken(wanted)).audio) == 2 * SAMPLES


@pytest.mark.parametrize(("encoding", "head"), [(4, b"OggS"), (2, b"fLaC")])
async def test_a_text_becomes_a_file_that_decodes(
    encoding: int, head: bytes, tmp_path: Path
) -> None:
    audio = (await spoken(request(encoding=encoding))).audio
    assert audio.startswith(head)
    file = tmp_path / "speech"
    file.write_bytes(audio)
    assert len(decode_whole(file, RATE_HZ)) == pytest.approx(SAMPLES, rel=0.03)


async def test_a_dictionary_says_how_words_are_said() -> None:
    voice = FakeVoice()
    dictionary = "tomato  təˈmeɪtoʊ,GIF  dʒɪf"
    await spoken(request("One tomato.", custom_dictionary=dictionary), voice)
    said = "".join(map(chr, voice.phrases[-1].tokens))
    assert "təˈmeɪtoʊ" in said
    assert "tomato" not in said


@pytest.mark.parametrize("name", ["", "default", "nemo-voice.default", "alloy", "demo"])
async def test_every_name_of_the_voice_is_accepted(name: str) -> None:
    assert (await spoken(request(voice_name=name))).audio


@pytest.mark.parametrize("code", ["", "en", "en-GB", "en_US"])
async def test_every_spelling_of_the_language_is_accepted(code: str) -> None:
    assert (await spoken(request(language_code=code))).audio


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        (request(voice_name="Magpie-Multilingual.EN-US.Aria"), "voice_name"),
        (request(voice_name="nemo-voice.other"), "voice_name"),
        (request(language_code="de-DE"), "language_code"),
        (request(sample_rate_hz=4000), "sample_rate_hz"),
        (request(sample_rate_hz=-1), "sample_rate_hz"),
        (request(sample_rate_hz=96_000), "sample_rate_hz"),
        (request(encoding=9), "encoding"),
        (request(""), "text"),
        (request("…"), "text"),
        (request("<speak><broken></speak>"), "text"),
        (request(custom_dictionary="tomato"), "custom_dictionary"),
        (request(custom_dictionary="tomato  ¿¿"), "custom_dictionary"),
        (request(custom_dictionary="a" * 70_000), "custom_dictionary"),
    ],
)
async def test_what_is_wrong_is_refused_with_the_field_that_is(
    wanted: tts.SynthesizeSpeechRequest, param: str
) -> None:
    code, _, found = await refusal(wanted)
    assert (code, found) == (grpc.StatusCode.INVALID_ARGUMENT, param)


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        (request(zero_shot_data={"audio_prompt": b"me"}), "zero_shot_data"),
        (request(custom_configuration={"exaggeration": "1.5"}), "custom_configuration"),
        (request(encoding=3), "encoding"),
        (request(encoding=20), "encoding"),
    ],
)
async def test_what_the_service_has_not_is_refused_and_not_ignored(
    wanted: tts.SynthesizeSpeechRequest, param: str
) -> None:
    assert await refusal(wanted) == (grpc.StatusCode.UNIMPLEMENTED, "unimplemented", param)


async def test_a_text_may_be_as_long_as_the_nims() -> None:
    found = await refusal(request("word " * 30), max_long_text_chars=100)
    assert found == (grpc.StatusCode.INVALID_ARGUMENT, "text_too_long", "text")


async def test_speech_that_fits_no_message_is_refused_with_the_way_out() -> None:
    limits = {"max_message_bytes": 64 * 1024}
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await spoken(request("A long text. " * 20), grpc=limits)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "SynthesizeOnline" in raised.value.details()
    responses = await streamed([request("A long text. " * 20)], grpc=limits)
    assert sum(len(response.audio) for response in responses) > 64 * 1024


async def test_one_text_is_streamed_as_old_clients_send_it() -> None:
    responses = await streamed([request(id=RequestId(value="call-7"))])
    audio = b"".join(response.audio for response in responses)
    assert len(responses) > 1
    assert audio == (await spoken(request())).audio
    assert all(response.audio for response in responses)
    assert [response.meta.text for response in responses] == [TEXT, *[""] * (len(responses) - 1)]
    assert {response.id.value for response in responses} == {"call-7"}


async def test_texts_of_one_call_are_spoken_in_turn() -> None:
    texts = [request("The first one."), request("And the second one.")]
    responses = await streamed(texts)
    whole = b"".join(response.audio for response in responses)
    alone = [(await spoken(text)).audio for text in texts]
    assert whole == alone[0] + alone[1]


async def test_words_have_times_where_they_are_asked_for() -> None:
    texts = [request(text, enable_word_time_offsets=True) for text in ("Pay $5 now.", "Or not.")]
    whole = await spoken(texts[0])
    assert [word.word for word in whole.meta.words] == ["Pay", "$5", "now."]
    assert whole.meta.processed_text
    seconds = len(whole.audio) / 2 / RATE_HZ
    assert sum(whole.meta.predicted_durations) == pytest.approx(seconds, abs=1e-3)
    assert whole.meta.words[-1].end_time / 1000 == pytest.approx(seconds, abs=1e-3)

    responses = await streamed(texts)
    words = [word for response in responses for word in response.meta.words]
    assert [word.word for word in words] == ["Pay", "$5", "now.", "Or", "not."]
    assert words[3].start_time / 1000 == pytest.approx(seconds, abs=1e-3)
    assert not (await spoken(request("Pay $5 now."))).meta.words


@pytest.mark.parametrize(
    ("pieces", "texts"),
    [
        (["Good mor", "ning to", " Dr.", " Who. ", "How are", " you"],
         ["Good mor ning to Dr. Who. ", "How are you"]),
        (["Good", "morning", "to", "you.", "Bye"], ["Good morning to you.", "Bye"]),
        (["One. ", "Two."], ["One. ", "Two."]),
        (["word " * 80, "end."], ["word " * 80, "end."]),
    ],
)  # fmt: skip
async def test_parts_of_sentences_are_joined(pieces: list[str], texts: list[str]) -> None:
    responses = await streamed([request(piece) for piece in pieces])
    assert [one.meta.text for one in responses if one.meta.text] == texts


async def test_parts_that_want_other_voices_are_spoken_apart() -> None:
    pieces = [request("One", voice_name="default"), request("two.", voice_name="alloy")]
    responses = await streamed(pieces)
    assert [one.meta.text for one in responses if one.meta.text] == ["One", "two."]


async def test_a_part_that_nothing_follows_is_spoken_after_a_while() -> None:
    async with channel_to(tts_app(grpc_port=free_port())) as channel:
        call = RivaSpeechSynthesisStub(channel).SynthesizeOnline()
        await call.write(request("No full stop here"))
        first = await call.read()
        assert first.meta.text == "No full stop here"
        await call.write(request("and none here"))
        await call.done_writing()
        texts = []
        while (response := await call.read()) is not grpc.aio.EOF:
            texts.append(response.meta.text)
    assert "and none here" in texts


async def test_the_first_text_is_spoken_before_the_second_is_written() -> None:
    async with channel_to(tts_app(grpc_port=free_port())) as channel:
        call = RivaSpeechSynthesisStub(channel).SynthesizeOnline()
        await call.write(request("The first one."))
        first = await call.read()
        await call.write(request("And the second one."))
        await call.done_writing()
        rest = b""
        while (response := await call.read()) is not grpc.aio.EOF:
            rest += response.audio
    assert first.audio
    assert len(rest) > len(first.audio)


async def test_a_dash_between_texts_is_silence_and_alone_an_error() -> None:
    texts = [request("One."), request("—"), request(" "), request("Two.")]
    audio = b"".join(response.audio for response in await streamed(texts))
    alone = [(await spoken(request(text))).audio for text in ("One.", "Two.")]
    assert audio == alone[0] + alone[1]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await streamed([request("—")])
    assert details_of(raised.value)[:2] == ("unspeakable_text", "text")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await streamed([])
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stream_without_a_next_text_ends() -> None:
    async with channel_to(tts_app(grpc_port=free_port(), grpc={"stream_idle_s": 1})) as channel:
        call = RivaSpeechSynthesisStub(channel).SynthesizeOnline()
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call.read()
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("way", ["whole", "online"])
async def test_speech_ends_with_its_client(way: str) -> None:
    gate = threading.Event()
    gate.set()
    app = tts_app(FakeVoice(gate=gate), grpc_port=free_port())
    async with channel_to(app) as channel:
        gate.clear()
        stub = RivaSpeechSynthesisStub(channel)
        call: Any = (
            stub.Synthesize(request()) if way == "whole" else stub.SynthesizeOnline(_one(request()))
        )
        admission = app.state.service.use_case()._admission
        while not admission.work:
            await asyncio.sleep(0.005)
        call.cancel()
        async with asyncio.timeout(5):
            while admission.work or app.state.service.runtime.metrics.in_flight():
                await asyncio.sleep(0.005)
        gate.set()


async def _one(wanted: tts.SynthesizeSpeechRequest) -> AsyncIterator[tts.SynthesizeSpeechRequest]:
    yield wanted


async def test_a_full_queue_refuses_with_a_time_to_come_back() -> None:
    gate = threading.Event()
    gate.set()
    app = tts_app(FakeVoice(gate=gate), grpc_port=free_port(), max_queue_chars=50)
    async with channel_to(app) as channel:
        gate.clear()
        stub = RivaSpeechSynthesisStub(channel)
        held = asyncio.ensure_future(stub.Synthesize(request()))
        while not app.state.service.use_case()._admission.work:
            await asyncio.sleep(0.005)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Synthesize(request())
        gate.set()
        await held
    reason, _, retry_s = details_of(raised.value)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert reason == "overloaded"
    assert retry_s is not None


async def test_the_voices_are_listed_as_clients_take_them_apart() -> None:
    async with channel_to(tts_app(grpc_port=free_port())) as channel:
        stub = RivaSpeechSynthesisStub(channel)
        found = await stub.GetRivaSynthesisConfig(tts.RivaSynthesisConfigRequest())
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetRivaSynthesisConfig(tts.RivaSynthesisConfigRequest(model_name="other"))
        (config,) = found.model_config
        parameters = dict(config.parameters)
        # What NVIDIA's talk.py does to print the voices, and a request with one of them.
        subvoices = [one.split(":")[0] for one in parameters["subvoices"].split(",")]
        names = [f"{parameters['voice_name']}.{one}" for one in subvoices]
        for name in names:
            await stub.Synthesize(request(voice_name=name))
    assert config.model_name == "demo"
    assert names == ["nemo-voice.default"]
    assert parameters["language_code"] == "en-US"
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_each_speaker_of_a_model_is_a_voice_by_its_name() -> None:
    voice = FakeVoice(speakers=3)
    settings = {"speakers": '{"helen": 2, "ravi": 0}', "default_voice": "ravi"}
    app = tts_app(voice, grpc_port=free_port(), **settings)
    async with channel_to(app) as channel:
        stub = RivaSpeechSynthesisStub(channel)
        found = await stub.GetRivaSynthesisConfig(tts.RivaSynthesisConfigRequest())
        for name in ("nemo-voice.helen", "helen", "ravi", ""):
            await stub.Synthesize(request(voice_name=name))
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Synthesize(request(voice_name="nemo-voice.nobody"))
    assert dict(found.model_config[0].parameters)["subvoices"] == "helen:0,ravi:1"
    assert [phrase.speaker for phrase in voice.phrases[-4:]] == [2, 2, 0, 0]
    assert "helen" in raised.value.details()
    assert details_of(raised.value)[1] == "voice_name"


async def test_speech_is_charged_and_counted_as_over_http(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    app = tts_app(grpc_port=free_port(), api_keys_file=keys)
    async with channel_to(app) as channel:
        await RivaSpeechSynthesisStub(channel).Synthesize(
            request(), metadata=(("authorization", "Bearer sesame"),)
        )
        await until_counted(app)
    registry = app.state.service.runtime.metrics.registry
    value = registry.get_sample_value
    labels = {"route": f"/{NAME}/Synthesize", "outcome": "ok"}
    assert value("nemo_voice_requests_total", labels) == 1
    assert value("nemo_voice_audio_out_seconds_total") == pytest.approx(SAMPLES / RATE_HZ)
    assert value("nemo_voice_first_audio_seconds_count") == 1
    (charged,) = [
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "nemo_voice_key_audio_seconds_total"
    ]
    assert charged == pytest.approx(SAMPLES / RATE_HZ)


async def test_a_client_that_does_not_read_is_not_waited_for() -> None:
    app = tts_app(grpc_port=free_port(), grpc={"stream_idle_s": 1})
    metrics = app.state.service.runtime.metrics
    async with channel_to(app) as channel:
        call = RivaSpeechSynthesisStub(channel).SynthesizeOnline()
        for _ in range(40):
            await call.write(request(" ".join([TEXT] * 80)))
        await call.done_writing()
        async with asyncio.timeout(20):
            while not metrics.in_flight():
                await asyncio.sleep(0.01)
            while metrics.in_flight():
                await asyncio.sleep(0.1)
