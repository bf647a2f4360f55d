"""Where live audio on the command line comes from: the microphone, or what is piped in."""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress

from nemo_voice_serving.errors import UnsupportedAudio
from nemo_voice_stt.realtime.audio_format import LiveFormat
from nemo_voice_stt.realtime.wav_header import WavHeader

_BLOCK_BYTES = 4096
_AHEAD = 64
"""Blocks that are read ahead: then a pipe waits."""
_STOPPING_S = 5.0
_RECORDERS = {
    "arecord": "-q -t raw -f S16_LE -c 1 -r {rate_hz}",
    "rec": "-q -t raw -e signed -b 16 -L -c 1 -r {rate_hz} -",
    "parec": "--raw --format=s16le --channels=1 --rate={rate_hz}",
}
_NO_RECORDER = (
    "no program that records was found. Install arecord (package alsa-utils), rec (sox) or parec "
    "(pulseaudio-utils), or pipe 16-bit mono samples or a WAV file into `transcribe --live -`"
)


class NoSound(Exception):
    """There is no audio to listen to; the message says what to do."""


def recorder(rate_hz: int) -> Sequence[str]:
    """Returns the command that writes what the microphone hears, as 16-bit mono samples.

    Raises:
        NoSound: None of those that are known is installed.
    """
    for name, options in _RECORDERS.items():
        if shutil.which(name):
            return [name, *options.format(rate_hz=rate_hz).split()]
    raise NoSound(_NO_RECORDER)


@contextmanager
def opened_sound(command: Sequence[str] | None) -> Iterator[int]:
    """Yields the file descriptor of a recorder's output, or of the standard input.

    Raises:
        NoSound: After the block: the recorder ended by itself, and not well.
    """
    if command is None:
        yield sys.stdin.fileno()
        return
    # A session of its own: Ctrl-C is for this process, which stops the recorder.
    with subprocess.Popen(  # noqa: S603 one of a few, by name
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 it is a pipe
        try:
            yield process.stdout.fileno()
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)  # one that failed has closed its output just now
            if process.returncode:
                message = f"{command[0]} ended with status {process.returncode}; it says why above"
                raise NoSound(message)
        finally:
            process.terminate()
            try:
                process.wait(_STOPPING_S)
            except subprocess.TimeoutExpired:
                process.kill()


async def blocks_of(descriptor: int, stop: asyncio.Event) -> AsyncGenerator[bytes, None]:
    """Yields what comes from a file descriptor, until its end or until it is to stop.

    A thread reads, which nobody waits for: a read of a terminal or a pipe has no end.
    """
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes]()
    room = threading.Semaphore(_AHEAD)

    def read() -> None:
        data = b"first"
        with suppress(RuntimeError):  # the loop has ended
            while data:
                room.acquire()
                try:
                    data = os.read(descriptor, _BLOCK_BYTES)
                except OSError:
                    data = b""
                loop.call_soon_threadsafe(queue.put_nowait, data)

    threading.Thread(target=read, name="sound", daemon=True).start()
    stopped = asyncio.create_task(stop.wait())
    try:
        while True:
            block = asyncio.create_task(queue.get())
            await asyncio.wait({block, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done() or not (data := await block):
                block.cancel()
                return
            room.release()
            yield data
    finally:
        stopped.cancel()


async def format_of(blocks: AsyncIterator[bytes], rate_hz: int) -> tuple[LiveFormat, bytes]:
    """Returns the format of samples, and the first of them: a WAV header's, or of this rate.

    Raises:
        NoSound: The header is one of samples that cannot be live.
    """
    header, first = WavHeader(), b""
    async for block in blocks:
        first += block
        try:
            found = header.add(block)
        except UnsupportedAudio as error:
            raise NoSound(str(error)) from error
        if found is not None:
            stated, samples = found
            return stated or LiveFormat(rate_hz=rate_hz), samples
    return LiveFormat(rate_hz=rate_hz), first
