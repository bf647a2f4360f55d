"""Opens an audio file of any container with libsndfile or FFmpeg, whichever reads it.

No error of either library leaves this module, and no container makes them open another file or
address.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby, islice
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt
import soundfile

from nemo_voice_serving.audio.byte_source import ByteSource
from nemo_voice_serving.audio.ffmpeg_limits import audio_decoders, limit_allocations
from nemo_voice_serving.audio.mixing import mono
from nemo_voice_serving.audio.mp4_tables import begins_with_a_box, claims_too_much
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.samples import MonoBlock
from nemo_voice_serving.errors import UnsupportedAudio

MIN_AUDIO_S = 0.1
"""The shortest recording that is accepted, as by OpenAI: no word is shorter."""
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
MAX_CHANNELS = 32
ACCEPTED = (
    "Send WAV, FLAC, MP3, Ogg (Vorbis or Opus), M4A or MP4, WebM, AAC, AIFF, AMR or WMA,"
    f" {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz; samples without a header as audio/pcm;rate=16000."
)

_UNKNOWN = "is not recognised as audio"
_READ_FRAMES = 1 << 17
_FRAMES_AT_ONCE = 32
_UNCOUNTED_PLANES = 8
"""From so many on, PyAV's count of a frame's planes runs past the end of their list: it crashes."""
_MAX_TRACKS = 64
_STALLED_S = 60.0
# A longer duration means "unknown": libsndfile reports 2^63 frames for a streamed FLAC.
_STATED_LIMIT_S = 1e9
# Formats that libsndfile reads faster (WAV seven times). Not MP3: its decoder reports corrupt
# frames on stderr, and a client must not write to the log.
_SNDFILE_HEADS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"FORM", b".snd", b"caff")
# Formats whose duration FFmpeg estimates from the bit rate: too vague to refuse a file by.
_GUESSED_DURATION = frozenset({"aac", "mp3", "mpeg", "mpegts", "ac3", "eac3", "amr"})
# Audio and video only: playlists, image sequences and captures would open other files or devices.
_DEMUXERS = (
    "matroska,ogg,wav,mp3,aac,flac,aiff,au,caf,w64,asf,avi,flv,mpeg,mpegts,amr,ac3,eac3,"
    "wv,ape,tta,tak,dsf,gsm,loas"
)
_LIBRARY_ERRORS = (
    av.FFmpegError,
    soundfile.SoundFileError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,
)


class Unreadable(Exception):
    """One library cannot read the file; the message completes "the file ..."."""


@dataclass(frozen=True, slots=True)
class Recording:
    """An open file: its stated duration, and its audio, which can be read once."""

    duration_s: float | None
    """As stated by the container; None where it is unknown or only estimated."""
    blocks: Iterator[MonoBlock]
    """Mono float32 within [-1, 1], all of them finite; ends early where the file is truncated."""
    channels: int
    """What each mono sample was mixed from."""


@contextmanager
def open_recording(file: BinaryIO, raw_format: RawFormat | None = None) -> Iterator[Recording]:
    """Yields the recording from the first library that reads at least 0.1 s of the file.

    Args:
        file: Seekable; it stays open.
        raw_format: The format of its samples where they have no header.

    Raises:
        UnsupportedAudio: No library reads it; the message says why and what is accepted.
    """
    head = _head(file, 4)
    if not head:
        raise UnsupportedAudio(f"The file is empty. {ACCEPTED}")
    reason = _UNKNOWN
    for opened in _openers(head, raw_format):
        with ExitStack() as stack:
            try:
                recording = stack.enter_context(opened(file))
                start = _start(recording.blocks)
            except Unreadable as fault:
                reason = reason if str(fault) == _UNKNOWN else str(fault)
                continue
            rest = _until_broken(recording.blocks)
            yield Recording(recording.duration_s, chain(start, rest), recording.channels)
            return
    raise UnsupportedAudio(f"The file {reason}. {ACCEPTED}")


def _head(file: BinaryIO, size: int) -> bytes:
    file.seek(0)
    return file.read(size)


def _openers(
    head: bytes, raw_format: RawFormat | None
) -> list[Callable[[BinaryIO], AbstractContextManager[Recording]]]:
    if raw_format is not None:
        return [partial(_raw_recording, raw_format)]
    if head.startswith(_SNDFILE_HEADS):
        return [_sndfile_recording, _ffmpeg_recording]
    return [_ffmpeg_recording]


def _start(blocks: Iterator[MonoBlock]) -> list[MonoBlock]:
    """Returns the blocks of the first 0.1 s; if even those fail, the other library is tried."""
    start: list[MonoBlock] = []
    duration_s = 0.0
    try:
        for rate_hz, samples in blocks:
            start.append((rate_hz, samples))
            duration_s += len(samples) / rate_hz
            if duration_s >= MIN_AUDIO_S:
                return start
    except _LIBRARY_ERRORS as fault:
        raise Unreadable("is damaged from its start") from fault
    if not start:
        raise Unreadable("holds no sound")
    raise Unreadable(
        f"holds {int(duration_s * 1000)} ms of sound; {MIN_AUDIO_S * 1000:.0f} is the least"
    )


def _until_broken(blocks: Iterator[MonoBlock]) -> Iterator[MonoBlock]:
    """Yields the blocks before the first error: the start of a truncated recording is of use."""
    try:
        yield from blocks
    except (Unreadable, *_LIBRARY_ERRORS):
        return


@contextmanager
def _sndfile_recording(file: BinaryIO) -> Iterator[Recording]:
    try:
        sound = soundfile.SoundFile(ByteSource(file))
    except _LIBRARY_ERRORS as fault:
        raise Unreadable(_UNKNOWN) from fault
    with sound:
        _check_shape(sound.samplerate, sound.channels)
        duration_s = _stated(sound.frames / sound.samplerate)
        if duration_s is None:  # libsndfile stops halfway through a FLAC that was streamed
            raise Unreadable(_UNKNOWN)
        yield Recording(duration_s, _sndfile_blocks(sound), sound.channels)


@contextmanager
def _raw_recording(raw: RawFormat, file: BinaryIO) -> Iterator[Recording]:
    _check_shape(raw.rate_hz, raw.channels)
    try:
        sound = soundfile.SoundFile(
            ByteSource(file),
            samplerate=raw.rate_hz,
            channels=raw.channels,
            format="RAW",
            subtype="PCM_16",
            endian="BIG" if raw.is_big_endian else "LITTLE",
        )
    except _LIBRARY_ERRORS as fault:
        raise Unreadable("holds no samples") from fault
    with sound:
        yield Recording(sound.frames / raw.rate_hz, _sndfile_blocks(sound), raw.channels)


def _sndfile_blocks(sound: Any) -> Iterator[MonoBlock]:
    frames = _READ_FRAMES // sound.channels
    while len(block := sound.read(frames, dtype="float32", always_2d=True)):
        yield sound.samplerate, mono(block)


@contextmanager
def _ffmpeg_recording(file: BinaryIO) -> Iterator[Recording]:
    limit_allocations()
    options = {
        "format_whitelist": f"{'mov,' if _is_honest_mp4(file) else ''}{_DEMUXERS}",
        "codec_whitelist": audio_decoders(),
        "protocol_whitelist": "none",  # matches no protocol, so that nothing is opened by name
        "max_streams": str(_MAX_TRACKS),  # each is given a decoder, whatever is read of it
    }
    try:
        container = av.open(
            ByteSource(file), options=options, metadata_errors="replace", timeout=_STALLED_S
        )
    except _LIBRARY_ERRORS as fault:
        raise Unreadable(_UNKNOWN) from fault
    with container:
        stream = container.streams.best("audio")
        if stream is None:
            raise Unreadable("has no audio track")
        if stream.codec_context is None:
            raise Unreadable("has an audio track of a codec that is not supported")
        guessed = not _GUESSED_DURATION.isdisjoint(container.format.name.split(","))
        stated_s = None if guessed else (container.duration or 0) / av.time_base
        channels = stream.codec_context.channels or 1
        yield Recording(_stated(stated_s or None), _ffmpeg_blocks(container, stream), channels)


def _is_honest_mp4(file: BinaryIO) -> bool:
    """Returns whether FFmpeg may read the file as an MP4.

    Raises:
        Unreadable: It is one whose tables claim too much, or was closed because its client left.
    """
    try:
        is_mp4 = begins_with_a_box(_head(file, 8))
        is_honest = not is_mp4 or not claims_too_much(file)
    except ValueError as fault:
        raise Unreadable(_UNKNOWN) from fault
    if not is_honest:
        raise Unreadable("claims more than it can hold")
    return is_mp4


def _ffmpeg_blocks(container: Any, stream: Any) -> Iterator[MonoBlock]:
    for (rate_hz, channels, *_), run in groupby(_ffmpeg_frames(container, stream), key=_shape):
        _check_shape(rate_hz, channels)
        frames = _countable(run, channels)
        # Frames are short (26 ms in an MP3): converting each alone would double the time.
        while batch := list(islice(frames, _FRAMES_AT_ONCE)):
            yield rate_hz, mono(_ffmpeg_samples(batch, channels))


def _ffmpeg_frames(container: Any, stream: Any) -> Iterator[Any]:
    try:
        for packet in container.demux(stream):
            # A corrupt packet is skipped, as in every player.
            with suppress(*_LIBRARY_ERRORS):
                yield from packet.decode()
    except _LIBRARY_ERRORS:
        return


def _shape(frame: Any) -> tuple[int, int, str, str]:
    layout = frame.layout
    return frame.sample_rate, layout.nb_channels, layout.name, frame.format.name


def _countable(frames: Iterable[Any], channels: int) -> Iterable[Any]:
    """Returns the frames of one shape; those of too many planes as floats in one plane."""
    if channels < _UNCOUNTED_PLANES:
        return frames
    resampler = av.AudioResampler(format="flt")
    return chain.from_iterable(map(resampler.resample, frames))


def _ffmpeg_samples(frames: list[Any], channels: int) -> npt.NDArray[Any]:
    """Returns an array of frames by channels as floats, from any of FFmpeg's sample formats."""
    array = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    array = array.T if frames[0].format.is_planar else array.reshape(-1, channels)
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128) / 128
    if array.dtype.kind == "i":
        return array.astype(np.float32) / float(1 << (8 * array.dtype.itemsize - 1))
    return array


def _check_shape(rate_hz: int, channels: int) -> None:
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise Unreadable(f"says it has {rate_hz} samples a second")
    if not 1 <= channels <= MAX_CHANNELS:
        raise Unreadable(f"says it has {channels} channels; {MAX_CHANNELS} is the most")


def _stated(duration_s: float | None) -> float | None:
    return duration_s if duration_s is not None and 0 < duration_s < _STATED_LIMIT_S else None
