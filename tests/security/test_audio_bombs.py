"""Recordings that claim or hold far more than their bytes cost bounded time and memory."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from support.audio.bombs import LYING, silent_flac, silent_mp3, silent_opus
from support.http.service_process import ServiceProcess, bystander, service_process
from support.http.transcribing import clip

GROWTH_MB = 200.0
SOON_S = 20.0
MOST_S = 120.0
HOUR_S = 3600


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that takes two minutes of audio, once it is warm."""
    folder = tmp_path_factory.mktemp("stt")
    with service_process("stt", folder, max_audio_s=MOST_S) as made:
        assert sent(made, clip()).status_code == 200
        yield made


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that takes as much as by default, four hours, once it is warm."""
    with service_process("stt", tmp_path_factory.mktemp("patient")) as made:
        assert sent(made, clip()).status_code == 200
        yield made


def sent(service: ServiceProcess, audio: bytes) -> httpx.Response:
    """The response to a recording."""
    files = {"file": ("a.bin", audio)}
    return httpx.post(f"{service.address}/v1/audio/transcriptions", files=files, timeout=120)


def defused(service: ServiceProcess, audio: bytes, most_s: float = SOON_S) -> httpx.Response:
    """The response to a bomb, which came in time, in bounded memory, while others were served."""
    with (
        service.growing_less_than(GROWTH_MB),
        bystander(lambda client: client.get(f"{service.address}/readyz")) as others,
    ):
        began_s = time.monotonic()
        response = sent(service, audio)
        took_s = time.monotonic() - began_s
    assert took_s < most_s
    assert others.failures == []
    assert others.slowest_s < SOON_S / 4
    return response


@pytest.mark.parametrize("name", LYING)
def test_a_file_that_lies_costs_no_more_than_it_holds(name: str, service: ServiceProcess) -> None:
    audio = LYING[name]()
    response = defused(service, audio)
    assert response.status_code in {200, 400, 413}, response.text[:300]
    # Whatever was made of it, the service is as good as before.
    assert sent(service, clip()).status_code == 200


@pytest.mark.parametrize(
    ("made", "seconds", "kilobytes"),
    [(silent_flac, 4 * HOUR_S, 800), (silent_opus, 600, 250), (silent_mp3, 900, 1000)],
    ids=["flac", "opus", "mp3"],
)
def test_long_silence_in_kilobytes_is_refused_by_its_seconds(
    made: Callable[[int], bytes], seconds: int, kilobytes: int, service: ServiceProcess
) -> None:
    audio = made(seconds)
    assert len(audio) < kilobytes * 1000
    response = defused(service, audio)
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "payload_too_large"


def test_silence_of_many_channels_at_a_high_rate_is_refused_by_its_samples(
    service: ServiceProcess,
) -> None:
    audio = silent_flac(60, rate_hz=192_000, channels=8)  # half of the seconds that are allowed
    assert len(audio) < 500_000
    response = defused(service, audio)
    assert response.status_code == 413
    assert "8 channels at 192000 Hz" in response.json()["error"]["message"]


@pytest.mark.long
@pytest.mark.parametrize("made", [silent_flac, silent_opus], ids=["flac", "opus"])
def test_the_longest_silence_that_is_taken_is_decoded_in_bounded_time(
    made: Callable[[int], bytes], patient: ServiceProcess
) -> None:
    response = defused(patient, made(4 * HOUR_S), most_s=100)
    assert response.json()["text"] == ""


@pytest.mark.long
def test_several_bombs_at_once_share_their_bounds(service: ServiceProcess) -> None:
    audio = LYING["MP4 that counts 80000000 samples of 1 bytes"]()
    with service.growing_less_than(GROWTH_MB), httpx.Client(timeout=120) as client:
        for _ in range(50):
            files = {"file": ("a.mp4", audio)}
            address = f"{service.address}/v1/audio/transcriptions"
            assert client.post(address, files=files).status_code == 400
