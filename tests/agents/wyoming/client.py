"""A Wyoming client, as Home Assistant is one, of wyoming_openai in front of both services."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from wyoming.asr import Transcribe, Transcript, TranscriptChunk
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.info import Describe, Info
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from agents.program import PATIENCE_S, TEXT, Given, run
from agents.sound import rate_of, spoken, write_wav
from agents.wyoming import configuration

LOCALHOST = "127.0.0.1"


@asynccontextmanager
async def bridged(given: Given) -> AsyncIterator[Callable[[], AsyncTcpClient]]:
    """Yields what makes connections to a bridge in front of both services."""
    port, log = _free_port(), given.folder / "bridge.log"
    own = {**configuration.bridge(given.stt, given.tts), "WYOMING_URI": f"tcp://{LOCALHOST}:{port}"}
    command = [sys.executable, "-m", "wyoming_openai"]
    with (
        log.open("wb") as file,
        subprocess.Popen(command, env={**os.environ, **own}, stdout=file, stderr=file) as bridge,  # noqa: ASYNC220 it is waited for below
    ):
        try:
            await _until_listening(port, bridge)
            yield lambda: AsyncTcpClient(LOCALHOST, port, read_timeout=PATIENCE_S)
        finally:
            bridge.terminate()


async def offered(given: Given) -> dict[str, Any]:
    """Returns what the bridge says that it can do."""
    async with bridged(given) as connect, connect() as client:
        await client.write_event(Describe().event())
        info = Info.from_event((await _until(client, Info))[-1])
    return {
        "recognisers": [model.name for one in info.asr for model in one.models if model.installed],
        "streams": [one.supports_transcript_streaming for one in info.asr],
        "voices": [voice.name for one in info.tts for voice in one.voices if voice.installed],
    }


async def heard(given: Given) -> dict[str, Any]:
    """Returns what is heard of a clip, on two connections one after the other."""
    found: dict[str, Any] = {"partials": [], "finals": []}
    rate = rate_of(given.clip)
    async with bridged(given) as connect:
        for _ in range(2):
            async with connect() as client:
                await client.write_event(Transcribe(language="en").event())
                await client.write_event(AudioStart(rate, 2, 1).event())
                async for piece in spoken(given.clip, quiet_s=0.3):
                    await client.write_event(AudioChunk(rate, 2, 1, piece).event())
                await client.write_event(AudioStop().event())
                *before, last = await _until(client, Transcript)
            shown = [one for one in before if TranscriptChunk.is_type(one.type)]
            found["partials"] += [TranscriptChunk.from_event(one).text for one in shown]
            found["finals"].append(Transcript.from_event(last).text)
    return found


async def said(given: Given) -> dict[str, Any]:
    """Writes what is said of a text that is sent whole, and of one that is sent in words."""
    voice = SynthesizeVoice(name="alloy")
    words = [SynthesizeChunk(f"{word} ") for word in TEXT.split()]
    asked: dict[str, tuple[list[Eventable], type[Eventable]]] = {
        "whole": ([Synthesize(TEXT, voice=voice)], AudioStop),
        "words": ([SynthesizeStart(voice=voice), *words, SynthesizeStop()], SynthesizeStopped),
    }
    async with bridged(given) as connect:
        for name, (events, last) in asked.items():
            async with connect() as client:
                for event in events:
                    await client.write_event(event.event())
                came = await _until(client, last)
            chunks = [AudioChunk.from_event(one) for one in came if AudioChunk.is_type(one.type)]
            audio = b"".join(chunk.audio for chunk in chunks)
            write_wav(given.folder / f"{name}.wav", audio, chunks[0].rate)
    return {}


async def left(given: Given) -> dict[str, Any]:
    """Hangs up in the middle of an utterance and of speech; returns what is heard afterwards."""
    rate = rate_of(given.clip)
    async with bridged(given) as connect:
        async with connect() as client:
            await client.write_event(Transcribe(language="en").event())
            await client.write_event(AudioStart(rate, 2, 1).event())
            async for piece in spoken(given.clip, quiet_s=0):
                await client.write_event(AudioChunk(rate, 2, 1, piece).event())
        async with connect() as client:
            await client.write_event(Synthesize(TEXT).event())
            await _until(client, AudioChunk)
    return await heard(given)


async def _until(client: AsyncTcpClient, kind: type[Eventable]) -> list[Event]:
    """Returns the events up to the first of a kind.

    Raises:
        ConnectionError: The bridge says that it failed, or hangs up.
    """
    events: list[Event] = []
    while not events or not kind.is_type(events[-1].type):
        event = await client.read_event()
        if event is None or Error.is_type(event.type):
            raise ConnectionError(event and Error.from_event(event).text)
        events.append(event)
    return events


async def _until_listening(port: int, bridge: "subprocess.Popen[bytes]") -> None:
    async with asyncio.timeout(PATIENCE_S):
        while bridge.poll() is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(LOCALHOST, port)
                writer.close()
                return
            await asyncio.sleep(0.1)
    raise ChildProcessError(f"the bridge ended with {bridge.returncode}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        port: int = probe.getsockname()[1]
        return port


SCENARIOS: dict[str, Callable[[Given], Awaitable[dict[str, Any]]]] = {
    "offered": offered,
    "heard": heard,
    "said": said,
    "left": left,
}

if __name__ == "__main__":
    run(SCENARIOS)
