"""A session that is fed from standard input, of a process that ends before its input does."""

import asyncio
import io
import os
import subprocess
import sys
import threading
from unittest.mock import Mock

import pytest

from nemo_voice_tts.live_text.errors import TooMuchText
from nemo_voice_tts.live_text.events import Clause
from nemo_voice_tts.live_text.feeding import _some_of, feed
from nemo_voice_tts.live_text.options import LiveTextLimits, LiveTextOptions
from nemo_voice_tts.live_text.session import LiveText
from support.models.fakes import FakeVoice
from support.models.use_cases import synthesis_of

PROGRAM = """
import asyncio, sys
from nemo_voice_tts.live_text.feeding import feed

class Session:
    wants_text, free_chars = False, int(sys.argv[1])
    def append(self, text):
        self.text = text
    def finish(self):
        pass

async def main():
    feeding = asyncio.create_task(feed(Session(), sys.stdin.buffer))
    await asyncio.sleep(0.3)
    feeding.cancel()

asyncio.run(main())
sys.exit("the reason")
"""


@pytest.mark.parametrize("free_chars", [0, 10_000])
def test_an_end_before_that_of_the_input_is_a_plain_one(free_chars: int) -> None:
    command = [sys.executable, "-c", PROGRAM, str(free_chars)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write("Some text. " * 1000)
        process.stdin.flush()
        said = process.stderr.read()
        assert process.wait(30) == 1
    assert said == "the reason\n"


def test_a_file_that_does_not_wait_is_waited_for() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb", buffering=0) as file:
        found: list[bytes] = []
        reader = threading.Thread(target=lambda: found.append(_some_of(source)))
        reader.start()
        reader.join(0.2)
        file.write(b"Some text.")
        reader.join(30)
    assert found == [b"Some text."]


async def spoken(text: str) -> str:
    """Returns what is spoken of a file with a text."""
    async with synthesis_of(FakeVoice()) as synthesis, asyncio.timeout(60):
        session = LiveText(
            synthesis, Mock(), options=LiveTextOptions(), limits=LiveTextLimits(max_held_chars=6000)
        )
        feeding = asyncio.create_task(feed(session, io.BytesIO(text.encode())))
        events = [event async for event in session.events()]
        await feeding
        return " ".join(event.source for event in events if isinstance(event, Clause))


async def test_a_text_longer_than_a_session_holds_is_spoken_whole() -> None:
    text = " ".join(["This is one sentence of a long text, and it goes on."] * 300)
    assert await spoken(text) == text


async def test_a_document_longer_than_a_session_holds_is_refused() -> None:
    with pytest.raises(TooMuchText):
        await spoken(f"<speak>{'One sentence. ' * 1000}</speak>")
