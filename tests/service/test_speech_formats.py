"""OpenAI's speech route: every format, as long as what was said, and every field of its body."""

import io
import struct

import av
import numpy as np
import pytest

from nemo_voice_serving.audio.encoding import wav_header
from nemo_voice_tts.synthesis.voices import OPENAI_VOICES
from support.audio.sounds import ogg_pages
from support.http.speech_service import TEXT, duration_s, service_of
from support.models.fakes import RATE_HZ, FakeVoice

SPEECH = "/v1/audio/speech"
SENTENCES = [f"This is the {nth} sentence of a text." for nth in ("first", "next", "last")]
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
RATES_HZ = {"mp3": RATE_HZ, "opus": 48_000, "aac": RATE_HZ, "flac": RATE_HZ, "wav": RATE_HZ}
"""FFmpeg decodes Opus at 48 kHz always; the others have the model's rate."""
PADDING_S = {"mp3": 0.09, "aac": 0.13}
"""What a codec of fixed frames adds: its delay and the rest of its last frame."""


def seconds_of(file: bytes, rate_hz: int) -> float:
    """Returns how long FFmpeg plays the file, which must have one stream, at this rate, mono."""
    with av.open(io.BytesIO(file)) as container:
        assert len(container.streams) == 1
        frames = list(container.decode(audio=0))
    assert {(frame.sample_rate, frame.layout.nb_channels) for frame in frames} == {(rate_hz, 1)}
    return sum(int(frame.samples) for frame in frames) / rate_hz


async def spoken(wanted: str, text: str) -> bytes:
    """Returns the response in this format."""
    async with service_of() as (client, _service):
        body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": wanted}
        response = await client.post(SPEECH, json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == MEDIA_TYPES[wanted]
    assert response.headers["transfer-encoding"] == "chunked"
    return response.content


@pytest.mark.parametrize("wanted", RATES_HZ)
@pytest.mark.parametrize("text", [TEXT, " ".join(SENTENCES)], ids=["one phrase", "three phrases"])
async def test_ffmpeg_reads_each_format_with_its_duration(wanted: str, text: str) -> None:
    said_s = sum(map(duration_s, [text] if text == TEXT else SENTENCES))
    heard_s = seconds_of(await spoken(wanted, text), RATES_HZ[wanted])
    assert said_s - 0.001 <= heard_s <= said_s + PADDING_S.get(wanted, 0.021)


async def test_pcm_has_the_rate_that_openais_clients_play_it_at() -> None:
    samples = await spoken("pcm", TEXT)
    assert len(samples) == round(duration_s(TEXT) * 24_000) * 2
    assert seconds_of(wav_header(24_000, len(samples)) + samples, 24_000) == pytest.approx(
        duration_s(TEXT), abs=0.001
    )


async def test_opus_is_one_ogg_stream_however_many_phrases_it_holds() -> None:
    pages = ogg_pages(await spoken("opus", " ".join(SENTENCES)))
    assert len({page.serial for page in pages}) == 1
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert sum(page.is_first for page in pages) == sum(page.is_last for page in pages) == 1


async def test_a_streamed_wav_says_that_its_length_is_unknown() -> None:
    header = (await spoken("wav", TEXT))[:44]
    assert struct.unpack("<I", header[4:8]) == struct.unpack("<I", header[40:]) == (0xFFFFFFFF,)


async def test_openais_default_is_mp3() -> None:
    async with service_of() as (client, _service):
        response = await client.post(
            SPEECH, json={"model": "tts-1", "voice": "nova", "input": TEXT}
        )
    assert response.headers["content-type"] == "audio/mpeg"


async def test_speed_is_the_pace_of_the_model() -> None:
    voice = FakeVoice()
    async with service_of(voice) as (client, _service):
        body = {"input": TEXT, "response_format": "wav", "speed": 2.0}
        response = await client.post(SPEECH, json=body)
    assert voice.phrases[-1].pace == 2.0
    assert len(response.content) == pytest.approx(duration_s(TEXT) / 2 * RATE_HZ * 2, abs=1024)


async def test_every_name_of_the_voice_speaks_and_no_other() -> None:
    known = [*OPENAI_VOICES, "default", "demo", {"id": "alloy"}, None]
    unknown = ["af_heart", "", {"id": "voice_1234"}, {}, 7]
    async with service_of() as (client, _service):
        responses = [
            await client.post(SPEECH, json={"model": "m", "voice": voice, "input": "Hello."})
            for voice in known + unknown
        ]
    assert [response.status_code for response in responses] == [200] * len(known) + [400] * len(
        unknown
    )
    refused = responses[len(known) :]
    assert {response.json()["error"]["param"] for response in refused} == {"voice"}
    assert "default, demo" in refused[0].json()["error"]["message"]


async def test_fields_of_other_servers_are_ignored() -> None:
    extras = {"stream": True, "language": "en", "lang_code": "a", "user": "me", "seed": 1}
    async with service_of() as (client, _service):
        response = await client.post(SPEECH, json={"input": TEXT, **extras})
    assert response.status_code == 200


async def test_instructions_change_nothing() -> None:
    async with service_of() as (client, _service):
        body = {"input": TEXT, "response_format": "wav"}
        plain = await client.post(SPEECH, json=body)
        instructed = await client.post(SPEECH, json={**body, "instructions": "Whisper." * 512})
    assert (instructed.status_code, instructed.content) == (200, plain.content)


async def test_a_wrong_field_is_named() -> None:
    changes: list[dict[str, object]] = [
        {"speed": 5},
        {"speed": 0.1},
        {"speed": "fast"},
        {"response_format": "midi"},
        {"stream_format": "websocket"},
        {"input": "x" * 4097},
        {"input": None},
        {"instructions": "x" * 4097},
        {"model": 7},
    ]
    async with service_of() as (client, _service):
        responses = [await client.post(SPEECH, json={"input": TEXT, **one}) for one in changes]
    assert {response.status_code for response in responses} == {400}
    named = [response.json()["error"]["param"] for response in responses]
    assert named == [next(iter(change)) for change in changes]


async def test_a_text_at_openais_limit_is_spoken() -> None:
    text = ("A sentence that says something. " * 128)[:4096]
    async with service_of() as (client, _service):
        response = await client.post(SPEECH, json={"input": text, "response_format": "wav"})
    samples = np.frombuffer(response.content[44:], "<i2")
    assert len(samples) / RATE_HZ == pytest.approx(duration_s(text), rel=0.05)
