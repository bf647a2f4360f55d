"""Headers of WAV files that come in pieces."""

import io

import numpy as np
import pytest
import soundfile

from nemo_voice_serving.errors import UnsupportedAudio
from nemo_voice_stt.realtime.audio_format import Encoding, LiveFormat
from nemo_voice_stt.realtime.wav_header import WavHeader

SAMPLES = np.arange(-400, 400, dtype=np.int16)


def wav(
    subtype: str = "PCM_16", channels: int = 1, kind: str = "WAV", rate_hz: int = 8_000
) -> bytes:
    """Returns a file."""
    file = io.BytesIO()
    data = np.repeat(SAMPLES[:, None], channels, axis=1)
    soundfile.write(file, data, rate_hz, format=kind, subtype=subtype)
    return file.getvalue()


def read(data: bytes, step: int) -> tuple[LiveFormat | None, bytes] | None:
    """Returns what is known once all pieces were added."""
    header, found, rest = WavHeader(), None, b""
    for place in range(0, len(data), step):
        piece = data[place : place + step]
        if found is None:
            found = header.add(piece)
        else:
            rest += piece
    return None if found is None else (found[0], found[1] + rest)


@pytest.mark.parametrize("step", [1, 7, 44, 10_000])
@pytest.mark.parametrize("kind", ["WAV", "WAVEX"])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_follow_the_header(step: int, kind: str, channels: int) -> None:
    found = read(wav(channels=channels, kind=kind), step)
    assert found is not None
    stated, samples = found
    assert stated == LiveFormat(Encoding.PCM16, 8_000, channels)
    assert samples == np.repeat(SAMPLES, channels).tobytes()


@pytest.mark.parametrize(
    ("subtype", "encoding"), [("ULAW", Encoding.MU_LAW), ("ALAW", Encoding.A_LAW)]
)
def test_telephone_files_are_read(subtype: str, encoding: Encoding) -> None:
    found = read(wav(subtype), 100)
    assert found is not None
    assert found[0] == LiveFormat(encoding, 8_000)
    assert len(found[1]) == len(SAMPLES)


def test_chunks_before_the_samples_are_skipped() -> None:
    data = wav()
    noted = data[:36] + b"LIST" + (5).to_bytes(4, "little") + b"hello\0" + data[36:]
    found = read(noted, 10)
    assert found is not None
    assert found[1] == SAMPLES.tobytes()


@pytest.mark.parametrize("data", [b"\0\0\1\0", b"RIFX" + bytes(20), b"RIFF" + bytes(20)])
def test_what_has_no_header_is_samples(data: bytes) -> None:
    assert read(data, 2) == (None, data)


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT", "PCM_U8"])
def test_other_samples_are_refused(subtype: str) -> None:
    with pytest.raises(UnsupportedAudio, match="16-bit PCM"):
        read(wav(subtype), 1_000)


@pytest.mark.parametrize("rate_hz", [2_000, 96_000, 192_000])
def test_rates_that_no_live_audio_has_are_refused(rate_hz: int) -> None:
    with pytest.raises(UnsupportedAudio, match=f"{rate_hz} Hz; live audio has"):
        read(wav(rate_hz=rate_hz), 1_000)


def test_a_header_without_an_end_is_refused() -> None:
    header = WavHeader()
    assert header.add(b"RIFF\0\0\0\0WAVE") is None
    with pytest.raises(UnsupportedAudio, match="too long"):
        header.add(b"junk\xff\xff\xff\x7f")


@pytest.mark.parametrize("place", [22, 24])
def test_impossible_shapes_are_refused(place: int) -> None:
    data = bytearray(wav())
    data[place : place + 2] = b"\0\0"
    with pytest.raises(UnsupportedAudio):
        read(bytes(data), 1_000)
