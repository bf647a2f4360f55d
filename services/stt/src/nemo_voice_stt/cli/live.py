"""`transcribe --live`: what is said into the microphone, or piped in, as it is said."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import aclosing

from nemo_voice_stt.cli.live_display import LiveDisplay
from nemo_voice_stt.cli.sound_input import (
    NoSound,
    blocks_of,
    format_of,
    opened_sound,
)
from nemo_voice_stt.realtime.live_speech import LiveSpeech
from nemo_voice_stt.realtime.options import LiveOptions


async def transcribe_live(
    live: LiveSpeech, command: Sequence[str] | None, *, rate_hz: int, with_words: bool
) -> int:
    """Writes what is said until the sound ends, or Ctrl-C; returns the exit status.

    Args:
        live: Opens the session.
        command: What records; None where the sound comes from the standard input.
        rate_hz: Of samples without a header.
        with_words: Whether words are written with their times.

    Raises:
        NoSound: There is nothing to listen to.
    """
    display = LiveDisplay(sys.stdout, sys.stderr, with_words=with_words)
    if command is not None and sys.stderr.isatty():
        sys.stderr.write(f"listening through {command[0]}; Ctrl-C ends it\n")
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def interrupted() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)  # a second one ends it at once

    loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        with opened_sound(command) as descriptor:
            await _listen(live, descriptor, stop, display, rate_hz, with_words=with_words)
    except NoSound:
        if not stop.is_set():
            raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    return 1 if display.has_failed else 0


async def _listen(
    live: LiveSpeech,
    descriptor: int,
    stop: asyncio.Event,
    display: LiveDisplay,
    rate_hz: int,
    *,
    with_words: bool,
) -> None:
    async with aclosing(blocks_of(descriptor, stop)) as blocks:
        audio_format, first = await format_of(blocks, rate_hz)
        options = LiveOptions(audio_format=audio_format, needs_words=with_words)
        with live.admitted():
            session = live.open(options, display.show)
            try:
                await session.append(first)
                async for block in blocks:
                    await session.append(block)
                await session.finish()
            finally:
                await session.close()
