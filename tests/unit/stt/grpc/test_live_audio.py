"""A stream's first bytes tell samples from files, however they are cut."""

import pytest

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.grpc.live_audio import AudioStart, FileAudio, LiveAudio
from nemo_voice_stt.grpc.protos.riva_asr_pb2 import RecognitionConfig
from nemo_voice_stt.realtime.audio_format import Encoding, LiveFormat
from support.audio.sounds import libsndfile_bytes, swell

SOUND = swell(0.2, 16_000)
PCM = libsndfile_bytes(SOUND, 16_000, "RAW", "PCM_16")
LINEAR = RecognitionConfig(encoding="LINEAR_PCM", sample_rate_hertz=8000, audio_channel_count=2)


def started(config: RecognitionConfig, data: bytes, piece: int) -> LiveAudio | FileAudio | None:
    """Returns what the stream is, of pieces of this many bytes, and checks that none is lost."""
    start = AudioStart(config)
    for place in range(0, len(data), piece):
        found = start.add(data[place : place + piece])
        if found is not None:
            assert data[: place + piece].endswith(found.first)
            return found
    return start.end()


@pytest.mark.parametrize("piece", [1, 3, 16, 4000])
def test_samples_have_the_format_of_the_configuration(piece: int) -> None:
    found = started(LINEAR, PCM, piece)
    assert isinstance(found, LiveAudio)
    assert found.audio_format == LiveFormat(Encoding.PCM16, 8000, 2)
    assert PCM.startswith(found.first)


@pytest.mark.parametrize("piece", [1, 5, 44, 4000])
@pytest.mark.parametrize(
    "config", [LINEAR, RecognitionConfig(), RecognitionConfig(encoding="FLAC")]
)
def test_the_header_of_a_wav_file_counts(config: RecognitionConfig, piece: int) -> None:
    found = started(config, libsndfile_bytes(SOUND, 16_000, "WAV", "PCM_16"), piece)
    assert isinstance(found, LiveAudio)
    assert found.audio_format == LiveFormat(Encoding.PCM16, 16_000, 1)


@pytest.mark.parametrize("piece", [1, 16, 4000])
@pytest.mark.parametrize(
    "data",
    [
        encode_whole(AudioFormat.FLAC, SOUND, 16_000),
        encode_whole(AudioFormat.OPUS, SOUND, 16_000),
        libsndfile_bytes(SOUND, 16_000, "WAV", "PCM_24"),
    ],
)
@pytest.mark.parametrize("config", [LINEAR, RecognitionConfig()])
def test_other_files_are_gathered_whatever_the_configuration_says(
    config: RecognitionConfig, data: bytes, piece: int
) -> None:
    found = started(config, data, piece)
    assert isinstance(found, FileAudio)
    assert data.startswith(found.first)


def test_a_stream_too_short_to_tell_is_what_the_configuration_says() -> None:
    assert started(LINEAR, PCM[:6], 2) == LiveAudio(LiveFormat(Encoding.PCM16, 8000, 2), PCM[:6])
    assert started(LINEAR, b"RIFF", 1) == LiveAudio(LiveFormat(Encoding.PCM16, 8000, 2), b"RIFF")
    assert started(LINEAR, b"", 1) is None


@pytest.mark.parametrize(
    ("rate_hz", "channels", "field"),
    [
        (1, 1, "sample_rate_hertz"),
        (192_000, 1, "sample_rate_hertz"),
        (16_000, 10**6, "audio_channel_count"),
    ],
)
def test_samples_that_no_live_audio_has_are_refused(
    rate_hz: int, channels: int, field: str
) -> None:
    config = RecognitionConfig(
        encoding="LINEAR_PCM", sample_rate_hertz=rate_hz, audio_channel_count=channels
    )
    with pytest.raises(InvalidRequest, match=field):
        started(config, PCM, 100)


def test_a_file_of_a_higher_rate_is_gathered() -> None:
    data = libsndfile_bytes(SOUND, 96_000, "WAV", "PCM_16")
    assert isinstance(started(LINEAR, data, 100), FileAudio)


def test_samples_of_no_known_rate_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="sample_rate_hertz"):
        started(RecognitionConfig(encoding="LINEAR_PCM"), PCM, 100)
