"""Times, subtitles and usage count by the file's own clock; gaps cost the model nothing."""

import itertools
import re
from typing import Any

import httpx
import pytest

from support.audio.films import Retime, Track, film, shifted
from support.audio.sounds import libsndfile_bytes, swell
from support.http.transcribing import HEARD, clip, stt_service, transcribed
from support.models.fakes import FakeRecogniser

PATH = "/v1/audio/transcriptions"
MARGIN_S = 0.3
"""The model gets so much silence before and after sound."""


def sound_at(at: Retime, container: str = "matroska") -> bytes:
    """A film with six seconds of sound, moved."""
    return film(container, Track("aac", 48_000, swell(6.0, 48_000), at), length_s=20)


async def verbose(client: httpx.AsyncClient, audio: bytes) -> dict[str, Any]:
    response = await transcribed(
        client,
        audio,
        response_format="verbose_json",
        **{"timestamp_granularities[]": ["word", "segment"]},
    )
    assert response.status_code == 200, response.text
    whole: dict[str, Any] = response.json()
    return whole


@pytest.mark.parametrize("container", ["matroska", "mp4", "mpegts"])
async def test_sound_that_begins_late_has_its_times(container: str) -> None:
    recogniser = FakeRecogniser()
    async with stt_service(recogniser) as client:
        body = await verbose(client, sound_at(shifted(3.0), container))
    words, segments = body["words"], body["segments"]
    assert words[0]["start"] == segments[0]["start"] == pytest.approx(3 - MARGIN_S, abs=0.1)
    assert words[-1]["end"] <= 9.1
    assert body["duration"] == pytest.approx(9, abs=0.1)
    assert body["usage"] == {"type": "duration", "seconds": body["duration"]}
    assert sum(recogniser.batches[-1]) / 16_000 == pytest.approx(6 + MARGIN_S, abs=0.1)


def gap(time_s: float) -> float:
    return time_s + (8.4 if time_s >= 3 else 0)


async def test_no_subtitle_stands_over_a_gap() -> None:
    recogniser = FakeRecogniser()
    async with stt_service(recogniser) as client:
        response = await transcribed(client, sound_at(gap), response_format="srt")
        body = await verbose(client, sound_at(gap))
    times = re.findall(r"00:00:(\d\d),(\d{3}) --> 00:00:(\d\d),(\d{3})", response.text)
    cues = [(int(a) + int(b) / 1000, int(c) + int(d) / 1000) for a, b, c, d in times]
    assert len(cues) >= 2
    assert not [one for one in cues if one[0] < 5 and one[1] > 9]
    for one, following in itertools.pairwise(cues):
        assert one[1] <= following[0]
    assert body["text"] == f"{HEARD} {HEARD}"
    words, segments = body["words"], body["segments"]
    assert words[6]["start"] == pytest.approx(11.4 - MARGIN_S, abs=0.1)
    assert [round(one["start"]) for one in segments] == [0, 11]
    assert body["duration"] == pytest.approx(14.4, abs=0.1)


@pytest.mark.parametrize("fields", [{}, {"stream": "true"}, {"response_format": "vtt"}])
async def test_a_gap_of_ten_hours_is_a_413_that_says_so(fields: dict[str, str]) -> None:
    audio = sound_at(lambda time_s: time_s + (36_000 if time_s >= 3 else 0), "mpegts")
    lying = sound_at(lambda time_s: time_s + (36_000 if time_s >= 3 else 0))
    async with stt_service() as client:
        cut = await transcribed(client, audio, **fields)
        gone = await transcribed(client, lying, **fields)
    assert cut.status_code == 200  # a broadcast that was cut
    assert (gone.status_code, gone.json()["error"]["code"]) == (413, "payload_too_large")


async def test_a_gap_beyond_the_limit_names_its_length_and_place() -> None:
    audio = sound_at(gap, "mpegts")
    async with stt_service(max_audio_s=11) as client:
        response = await transcribed(client, audio)
    assert response.status_code == 413
    assert re.search(
        r"leaves 8\.4 s without sound after 3\.\d s", response.json()["error"]["message"]
    )


async def test_every_link_of_a_chain_is_transcribed() -> None:
    parts = [
        libsndfile_bytes(swell(2.0, 48_000), 48_000, "OGG", kind) for kind in ("OPUS", "VORBIS")
    ]
    async with stt_service() as client:
        body = await verbose(client, b"".join(parts * 2))
    assert body["duration"] == pytest.approx(8, abs=0.1)


@pytest.mark.parametrize(
    "content_type",
    ["audio/pcm", "audio/pcm;rate=8000", "audio/x-pcm", "audio/L16", "audio/pcm;rate=fast"],
)
@pytest.mark.parametrize("path", [PATH, "/transcribe"])
async def test_a_wav_that_is_sent_as_raw_samples_is_a_wav(path: str, content_type: str) -> None:
    recogniser = FakeRecogniser()
    async with stt_service(recogniser) as client:
        field = "file" if path == PATH else "audio_file"
        response = await client.post(path, files={field: ("a.raw", clip(2.0), content_type)})
    assert response.json()["text"] == HEARD
    assert recogniser.batches[-1] == [32_000]


async def test_a_silent_first_track_does_not_make_the_text_empty() -> None:
    silent = Track("aac", 48_000, swell(3.0, 48_000) * 0)
    audio = film("matroska", silent, Track("aac", 48_000, swell(3.0, 48_000)))
    async with stt_service() as client:
        assert (await transcribed(client, audio)).json()["text"] == HEARD
