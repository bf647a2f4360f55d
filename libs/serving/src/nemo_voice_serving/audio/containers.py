"""Opens an audio file of any container with libsndfile or FFmpeg, whichever reads it.

No error of either library leaves this module, and no container makes them open another file or
address.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from itertools import chain
from typing import BinaryIO

from nemo_voice_serving.audio.byte_source import Part
from nemo_voice_serving.audio.ffmpeg_reader import ffmpeg_recording
from nemo_voice_serving.audio.parts import MAX_PARTS, TooManyParts, parts_of
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.recording import (
    LIBRARY_ERRORS,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    UNKNOWN,
    Recording,
    Unreadable,
)
from nemo_voice_serving.audio.samples import Gap, MonoBlock
from nemo_voice_serving.audio.signatures import HEAD_BYTES, names_its_format
from nemo_voice_serving.audio.sndfile_reader import raw_recording, sndfile_recording
from nemo_voice_serving.errors import UnsupportedAudio

MIN_AUDIO_S = 0.1
"""The shortest recording that is accepted, as by OpenAI: no word is shorter."""
ACCEPTED = (
    "Send WAV, FLAC, MP3, Ogg (Vorbis or Opus), M4A or MP4, WebM, AAC, AIFF, AMR or WMA,"
    f" {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz; samples without a header as audio/pcm;rate=16000."
)

# Formats that libsndfile reads faster (WAV seven times). Not MP3: its decoder reports corrupt
# frames on stderr, and a client must not write to the log. Not Ogg: it does not tell of gaps.
_SNDFILE_HEADS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"FORM", b".snd", b"caff")
_OGG_HEAD = b"OggS"
_BIG_ENDIAN_WAV_HEAD = b"RIFX"

_Opener = Callable[[Part], AbstractContextManager[Recording]]


@contextmanager
def open_recording(file: BinaryIO, raw_format: RawFormat | None = None) -> Iterator[Recording]:
    """Yields the recording from the first library that reads at least 0.1 s of the file.

    Recordings that follow each other in one file are one.

    Args:
        file: Seekable; it stays open.
        raw_format: The format of its samples where they have no header. If they have one of a
            container, that counts.

    Raises:
        UnsupportedAudio: No library reads it; the message says why and what is accepted.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise UnsupportedAudio(f"The file is empty. {ACCEPTED}")
    with ExitStack() as stack:
        try:
            if raw_format is not None and not names_its_format(head):
                parts = [Part(file, 0, file.seek(0, 2))]
                openers: Sequence[_Opener] = [partial(raw_recording, raw_format)]
            else:
                parts, openers = parts_of(file), _openers(head)
            if len(parts) == 1:
                recording = stack.enter_context(_readable(parts[0], openers, MIN_AUDIO_S))
            else:
                recording = stack.enter_context(_joined(parts, openers))
        except (Unreadable, ValueError) as fault:  # the latter of a file closed by its client
            reason = str(fault) if isinstance(fault, Unreadable) else UNKNOWN
            raise UnsupportedAudio(f"The file {reason}. {ACCEPTED}") from fault
        except TooManyParts as fault:
            reason = f"consists of more than {MAX_PARTS} recordings"
            raise UnsupportedAudio(f"The file {reason}. {ACCEPTED}") from fault
        yield recording


def _openers(head: bytes) -> Sequence[_Opener]:
    if head.startswith(_OGG_HEAD):
        return [ffmpeg_recording, sndfile_recording]
    if head.startswith(_BIG_ENDIAN_WAV_HEAD):
        return [sndfile_recording]  # FFmpeg reads its samples as little endian: noise
    if head.startswith(_SNDFILE_HEADS):
        return [sndfile_recording, ffmpeg_recording]
    return [ffmpeg_recording]


@contextmanager
def _readable(part: Part, openers: Sequence[_Opener], least_s: float) -> Iterator[Recording]:
    """Yields the recording from the first opener that reads so much of it, or Unreadable's why."""
    reason = UNKNOWN
    for opened in openers:
        with ExitStack() as stack:
            try:
                recording = stack.enter_context(opened(part))
                start = _start(recording.blocks, least_s)
            except Unreadable as fault:
                reason = reason if str(fault) == UNKNOWN else str(fault)
                continue
            yield Recording(recording.duration_s, chain(start, _until_broken(recording.blocks)))
            return
    raise Unreadable(reason)


@contextmanager
def _joined(parts: Sequence[Part], openers: Sequence[_Opener]) -> Iterator[Recording]:
    """Yields the recordings of all parts as one; what cannot be read of them is left out."""
    blocks = _blocks_of(parts, openers)
    yield Recording(None, chain(_start(blocks, MIN_AUDIO_S), blocks))


def _blocks_of(parts: Sequence[Part], openers: Sequence[_Opener]) -> Iterator[MonoBlock | Gap]:
    for part in parts:
        with suppress(Unreadable), _readable(part, openers, 0.0) as recording:
            yield from recording.blocks


def _start(blocks: Iterator[MonoBlock | Gap], least_s: float) -> list[MonoBlock | Gap]:
    """Returns the first blocks, with so much sound; if they fail, another library is tried."""
    start: list[MonoBlock | Gap] = []
    sound_s = 0.0
    try:
        for block in blocks:
            start.append(block)
            if isinstance(block, MonoBlock):
                sound_s += len(block.samples) / block.rate_hz
                if sound_s >= least_s:
                    return start
    except LIBRARY_ERRORS as fault:
        raise Unreadable("is damaged from its start") from fault
    if not sound_s:
        raise Unreadable("holds no sound")
    raise Unreadable(
        f"holds {int(sound_s * 1000)} ms of sound; {MIN_AUDIO_S * 1000:.0f} is the least"
    )


def _until_broken(blocks: Iterator[MonoBlock | Gap]) -> Iterator[MonoBlock | Gap]:
    """Yields the blocks before the first error: the start of a truncated recording is of use."""
    try:
        yield from blocks
    except (Unreadable, *LIBRARY_ERRORS):
        return
