"""Every container is read, and what is not audio is refused with a reason."""

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from nemo_voice_serving.audio import containers, ffmpeg_reader
from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole, pcm16, wav_header
from nemo_voice_serving.audio.recording import Unreadable
from nemo_voice_serving.audio.samples import MonoBlock
from nemo_voice_serving.errors import PayloadTooLarge, UnsupportedAudio
from support.audio.sounds import ffmpeg_bytes, frequency_of, libsndfile_bytes, silent_film, tone

RATE_HZ = 16_000
TONE = tone(2, RATE_HZ)
INTEGERS = (TONE * 32768).astype(np.int16)
WAV = encode_whole(AudioFormat.WAV, TONE, RATE_HZ)
MP3 = encode_whole(AudioFormat.MP3, TONE, RATE_HZ)
FLAC = encode_whole(AudioFormat.FLAC, TONE, RATE_HZ)
OPUS = encode_whole(AudioFormat.OPUS, TONE, RATE_HZ)
AAC = encode_whole(AudioFormat.AAC, TONE, RATE_HZ)
M4A = ffmpeg_bytes(TONE, RATE_HZ, "mp4", "aac", "fltp")
WEBM = ffmpeg_bytes(tone(2, 48_000), 48_000, "webm", "libopus", "flt")

READABLE = {
    "wav": WAV,
    "wav 8 bit": libsndfile_bytes(TONE, RATE_HZ, "WAV", "PCM_U8"),
    "wav 24 bit": libsndfile_bytes(TONE, RATE_HZ, "WAV", "PCM_24"),
    "wav float": libsndfile_bytes(TONE, RATE_HZ, "WAV", "DOUBLE"),
    "wav mu-law": libsndfile_bytes(TONE, RATE_HZ, "WAV", "ULAW"),
    "wav adpcm": libsndfile_bytes(TONE, RATE_HZ, "WAV", "IMA_ADPCM"),
    "wav with mp3 inside": ffmpeg_bytes(TONE, RATE_HZ, "wav", "libmp3lame", "fltp"),
    "wav of unknown length": wav_header(RATE_HZ, None) + pcm16(TONE),
    "wav of length zero": wav_header(RATE_HZ, 0) + pcm16(TONE),
    "wav that claims too much": wav_header(RATE_HZ, 1 << 30) + pcm16(TONE),
    "wav of an odd length": wav_header(RATE_HZ, None) + pcm16(TONE) + b"\x01",
    "rf64": libsndfile_bytes(TONE, RATE_HZ, "RF64", "PCM_16"),
    "w64": libsndfile_bytes(TONE, RATE_HZ, "W64", "PCM_16"),
    "aiff": libsndfile_bytes(TONE, RATE_HZ, "AIFF", "PCM_16"),
    "au": libsndfile_bytes(TONE, RATE_HZ, "AU", "PCM_16"),
    "caf": libsndfile_bytes(TONE, RATE_HZ, "CAF", "ALAC_16"),
    "flac": FLAC,
    "ogg vorbis": libsndfile_bytes(TONE, RATE_HZ, "OGG", "VORBIS"),
    "ogg opus": OPUS,
    "mp3": MP3,
    "mp3 in stereo": ffmpeg_bytes(
        np.stack([TONE, TONE]), RATE_HZ, "mp3", "libmp3lame", "fltp", layout="stereo"
    ),
    "mp2": ffmpeg_bytes(INTEGERS, RATE_HZ, "mp2", "mp2", "s16"),
    "aac": AAC,
    "m4a": M4A,
    "alac": ffmpeg_bytes(INTEGERS, RATE_HZ, "ipod", "alac", "s16p"),
    "mov": ffmpeg_bytes(INTEGERS, RATE_HZ, "mov", "pcm_s16le", "s16"),
    "mov in stereo": ffmpeg_bytes(
        np.repeat(INTEGERS, 2), RATE_HZ, "mov", "pcm_s16le", "s16", layout="stereo"
    ),
    "mov 8 bit": ffmpeg_bytes(((TONE + 1) * 128).astype(np.uint8), RATE_HZ, "mov", "pcm_u8", "u8"),
    "mov double": ffmpeg_bytes(TONE.astype(np.float64), RATE_HZ, "mov", "pcm_f64le", "dbl"),
    "webm opus": WEBM,
    "matroska": ffmpeg_bytes(INTEGERS, RATE_HZ, "matroska", "pcm_s16le", "s16"),
    "mpeg transport stream": ffmpeg_bytes(TONE, RATE_HZ, "mpegts", "aac", "fltp"),
    "avi": ffmpeg_bytes(INTEGERS, RATE_HZ, "avi", "pcm_s16le", "s16"),
    "wma": ffmpeg_bytes(tone(2, 22_050), 22_050, "asf", "wmav2", "fltp"),
    "flv": ffmpeg_bytes(tone(2, 22_050), 22_050, "flv", "aac", "fltp"),
}


def _wav_of(*, rate_hz: int = RATE_HZ, channels: int = 1, bits: int = 16, tag: int = 1) -> bytes:
    block = channels * bits // 8
    fields = struct.pack(
        "<HHIIHH", tag, channels, rate_hz, rate_hz * block % (1 << 32), block, bits
    )
    data = pcm16(TONE)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16)
        + fields
        + struct.pack("<4sI", b"data", len(data))
        + data
    )


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("speech.wav", WAV)
    return file.getvalue()


UNKNOWN = "is not recognised as audio"
MALFORMED = {
    "nothing": (b"", "is empty"),
    "one byte": (b"R", UNKNOWN),
    "blanks": (b" " * 1_000, UNKNOWN),
    "a sentence": (b"This is what I wanted to say. " * 50, UNKNOWN),
    "json": (b'{"audio": "UklGRg=="}', UNKNOWN),
    "html": (b"<!DOCTYPE html><html><body>404</body></html>" * 20, UNKNOWN),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', UNKNOWN),
    "subtitles": (b"1\n00:00:00,000 --> 00:00:02,000\nHello\n\n" * 20, UNKNOWN),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(500), UNKNOWN),
    "gif": (b"GIF89a\x01\x00\x01\x00" + bytes(500), UNKNOWN),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500), UNKNOWN),
    "pdf": (b"%PDF-1.7\n" + bytes(500), UNKNOWN),
    "zip": (_zip(), UNKNOWN),
    "midi": (b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x00\x60" + bytes(500), UNKNOWN),
    "noise": (np.random.default_rng(0).bytes(20_000), UNKNOWN),
    "zeros": (bytes(20_000), UNKNOWN),
    "ones": (b"\xff" * 20_000, UNKNOWN),
    "bare samples": (pcm16(TONE), UNKNOWN),
    "riff alone": (b"RIFF", UNKNOWN),
    "riff without wave": (b"RIFF\x10\x00\x00\x00WEBP" + bytes(16), UNKNOWN),
    "wav cut in its header": (WAV[:30], ""),
    "wav header alone": (wav_header(RATE_HZ, 0), "holds no sound"),
    "streamed wav header alone": (wav_header(RATE_HZ, None), "holds no sound"),
    "wav of 50 ms": (WAV[: 44 + 1_600], "holds 50 ms of sound"),
    "wav of 0 Hz": (_wav_of(rate_hz=0), ""),
    "wav of 1 Hz": (_wav_of(rate_hz=1), "1 samples a second"),
    "wav of 10 MHz": (_wav_of(rate_hz=10_000_000), "10000000 samples a second"),
    "wav of 4 GHz": (_wav_of(rate_hz=0xFFFFFFFF), ""),
    "wav of no channel": (_wav_of(channels=0), ""),
    "wav of 200 channels": (_wav_of(channels=200), "200 channels"),
    "wav of 60000 channels": (_wav_of(channels=30_000), ""),
    "wav of 0 bits": (_wav_of(bits=0), ""),
    "wav of an unknown codec": (_wav_of(tag=0x7777), ""),
    "flac marker alone": (b"fLaC", UNKNOWN),
    "flac header alone": (FLAC[:42], ""),
    "flac of rubbish": (FLAC[:60] + np.random.default_rng(1).bytes(5_000), ""),
    "ogg marker alone": (b"OggS", UNKNOWN),
    "ogg headers alone": (OPUS[:97], ""),
    "mp3 tag alone": (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10), ""),
    "one mp3 frame": (MP3[:300], ""),
    "aac cut in a frame": (AAC[:100], ""),
    "mp4 marker alone": (M4A[:32], ""),
    "mp4 without its index": (M4A[: len(M4A) // 2], UNKNOWN),
    "webm header alone": (WEBM[:100], ""),
    "film without sound": (silent_film(), "no audio track"),
    "playlist": (b"#EXTM3U\n#EXTINF:2,\nspeech.wav\n#EXT-X-ENDLIST\n", UNKNOWN),
    "list of files": (b"ffconcat version 1.0\nfile speech.wav\n", UNKNOWN),
    "session description": (
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        UNKNOWN,
    ),
    "dash manifest": (
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"/>',
        UNKNOWN,
    ),
}


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE.keys())
def test_every_container_is_decoded(data: bytes) -> None:
    decoded = decode_whole(io.BytesIO(data), RATE_HZ)
    assert len(decoded) / RATE_HZ == pytest.approx(2, abs=0.13)
    assert frequency_of(decoded, RATE_HZ) == pytest.approx(440, abs=2)
    assert np.abs(decoded[RATE_HZ // 2 : RATE_HZ]).max() == pytest.approx(0.3, rel=0.1)


def test_eight_channels_in_planes_are_decoded_like_one() -> None:
    interleaved = np.repeat(tone(2, 48_000), 8)
    data = ffmpeg_bytes(interleaved, 48_000, "webm", "libopus", "flt", layout="7.1")
    decoded = decode_whole(io.BytesIO(data), RATE_HZ)
    assert len(decoded) / RATE_HZ == pytest.approx(2, abs=0.13)
    assert frequency_of(decoded, RATE_HZ) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(("data", "reason"), MALFORMED.values(), ids=MALFORMED.keys())
def test_anything_else_than_audio_is_refused_with_a_reason(
    data: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "speech.wav").write_bytes(WAV)  # what the playlists would escape to
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnsupportedAudio) as caught:
        decode_whole(io.BytesIO(data), RATE_HZ)
    assert caught.value.message.startswith("The file ")
    assert reason in caught.value.message
    assert "Send WAV, FLAC, MP3" in caught.value.message
    assert caught.value.param is None


@pytest.mark.parametrize(
    "data", [WAV, MP3, FLAC, OPUS, AAC, WEBM], ids=str.split("wav mp3 flac opus aac webm")
)
def test_a_truncated_recording_is_decoded_up_to_its_end(data: bytes) -> None:
    decoded = decode_whole(io.BytesIO(data[: len(data) * 6 // 10]), RATE_HZ)
    assert 0.9 < len(decoded) / RATE_HZ < 1.4
    assert frequency_of(decoded, RATE_HZ) == pytest.approx(440, abs=3)


def test_corrupt_packets_are_skipped() -> None:
    middle = len(MP3) // 2
    damaged = MP3[:middle] + np.random.default_rng(0).bytes(300) + MP3[middle + 300 :]
    assert len(decode_whole(io.BytesIO(damaged), RATE_HZ)) / RATE_HZ > 1.7


def test_a_change_of_rate_midway_is_followed() -> None:
    second = encode_whole(AudioFormat.AAC, tone(2, 44_100), 44_100)
    decoded = decode_whole(io.BytesIO(AAC + second), RATE_HZ)
    assert len(decoded) / RATE_HZ == pytest.approx(4, abs=0.25)
    for half in (decoded[: 2 * RATE_HZ], decoded[2 * RATE_HZ :]):
        assert frequency_of(half, RATE_HZ) == pytest.approx(440, abs=3)


def test_a_corrupt_mp3_writes_nothing_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    damaged = bytearray(MP3)
    for place in np.random.default_rng(0).integers(500, len(MP3), 200):
        damaged[place] ^= 0xFF
    decode_whole(io.BytesIO(bytes(damaged)), RATE_HZ)
    assert capfd.readouterr() == ("", "")


def _mutation(random: np.random.Generator, data: bytes) -> bytes:
    changed = bytearray(data)
    for place in random.integers(0, min(len(data), int(random.choice([60, 500, 1 << 30]))), 8):
        changed[place] = random.integers(256)
    return bytes(changed[: int(random.integers(1, len(data))) if random.random() < 0.3 else None])


@pytest.mark.parametrize("name", [*READABLE])
def test_corrupt_files_raise_our_errors_alone(name: str) -> None:
    random = np.random.default_rng(len(name))
    for _ in range(12):
        damaged = io.BytesIO(_mutation(random, READABLE[name]))
        with suppress(UnsupportedAudio, PayloadTooLarge):
            assert np.isfinite(decode_whole(damaged, RATE_HZ, max_audio_s=60)).all()


@pytest.mark.parametrize("name", ["wav", "flac", "ogg opus", "m4a", "webm opus", "mov"])
def test_duration_stated_by_the_container_is_reported(name: str) -> None:
    with containers.open_recording(io.BytesIO(READABLE[name])) as recording:
        assert recording.duration_s == pytest.approx(2, abs=0.07)


def _failing_packets() -> Iterator[object]:
    """Fails at the next packet, as FFmpeg does with some corrupt files."""
    yield from ()
    raise IndexError("list index out of range")


def test_an_error_between_packets_ends_the_recording() -> None:
    assert list(ffmpeg_reader._frames(_failing_packets())) == []


def test_an_error_midway_keeps_the_blocks_before_it() -> None:
    def blocks() -> Iterator[MonoBlock]:
        yield MonoBlock(RATE_HZ, TONE)
        raise Unreadable("says it has 1 samples a second")

    assert len(list(containers._until_broken(blocks()))) == 1
