"""OpenAI's package behind LiteLLM's proxy, which is in front of the service: prints what it got."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import (
    ConversationItemInputAudioTranscriptionCompletedEvent,
    ConversationItemInputAudioTranscriptionDeltaEvent,
    RealtimeErrorEvent,
)
from websockets.exceptions import ConnectionClosed

from agents.litellm import configuration
from agents.program import PATIENCE_S, Given, run
from agents.sound import rate_of, spoken

KEY = "sk-1f0d2a8c4b6e4d5f9a7c3e1b8d6f2a4c"
"""The proxy starts with no weak one."""
QUERY = {"model": "live", "intent": "transcription"}


@asynccontextmanager
async def proxied(given: Given) -> AsyncIterator[openai.AsyncOpenAI]:
    """Yields OpenAI's client of a proxy in front of the service."""
    config, log = given.folder / "litellm.json", given.folder / "litellm.log"
    config.write_text(json.dumps({"model_list": [configuration.live_stt(given.stt)]}))
    port = _free_port()
    program = str(Path(sys.executable).with_name("litellm"))
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    own = {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    address = f"http://127.0.0.1:{port}"
    with (
        log.open("wb") as file,
        subprocess.Popen(command, env={**os.environ, **own}, stdout=file, stderr=file) as proxy,  # noqa: ASYNC220 it is waited for below
    ):
        try:
            await _until_alive(address, proxy)
            client = openai.AsyncOpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0)
            async with client:
                yield client
        finally:
            proxy.kill()


async def heard(given: Given) -> dict[str, Any]:
    """Returns what is heard of a clip that is spoken twice, in turns that the service ends."""
    partials: list[str] = []
    finals: list[str] = []
    async with proxied(given) as client, client.realtime.connect(extra_query=QUERY) as live:
        await _configure(live, given.clip)
        for _ in range(2):
            speaking = asyncio.create_task(_speak(live, given.clip))
            async with asyncio.timeout(PATIENCE_S):
                async for event in live:
                    if isinstance(event, ConversationItemInputAudioTranscriptionDeltaEvent):
                        partials.append(event.delta or "")
                    if isinstance(event, ConversationItemInputAudioTranscriptionCompletedEvent):
                        finals.append(event.transcript)
                        break
            await speaking
        await live.input_audio_buffer.clear()
        await live.input_audio_buffer.commit(event_id="mine")
        async with asyncio.timeout(PATIENCE_S):
            error = next(e for e in [await live.recv() for _ in range(2)] if e.type == "error")
    assert isinstance(error, RealtimeErrorEvent)
    return {"partials": partials, "finals": finals, "refused": error.error.event_id}


async def heard_of_two(given: Given) -> dict[str, Any]:
    """Returns what is heard until something else is heard, and the codes of what was closed."""
    finals: list[str] = []
    codes: list[int | None] = []
    async with proxied(given) as client, asyncio.timeout(PATIENCE_S):
        while len(set(finals)) < 2:
            codes.append(await _heard_until_closed(client, given.clip, finals))
    return {"finals": finals, "codes": codes}


async def _heard_until_closed(
    client: openai.AsyncOpenAI, clip: Path, finals: list[str]
) -> int | None:
    """Speaks until two different texts were heard or the session is closed: returns its code."""
    async with client.realtime.connect(extra_query=QUERY) as live:

        async def speak_on() -> None:
            with contextlib.suppress(ConnectionClosed):
                await _configure(live, clip)
                while True:
                    await _speak(live, clip)

        speaking = asyncio.create_task(speak_on())
        try:
            while len(set(finals)) < 2:
                event = await live.recv()
                if isinstance(event, ConversationItemInputAudioTranscriptionCompletedEvent):
                    finals.append(event.transcript)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
        finally:
            speaking.cancel()
    return None


async def _configure(live: AsyncRealtimeConnection, clip: Path) -> None:
    audio: Any = {"input": {"format": {"type": "audio/pcm", "rate": rate_of(clip)}}}
    await live.session.update(session={"type": "transcription", "audio": audio})


async def _speak(live: AsyncRealtimeConnection, clip: Path) -> None:
    async for piece in spoken(clip):
        await live.input_audio_buffer.append(audio=base64.b64encode(piece).decode())


async def _until_alive(address: str, proxy: "subprocess.Popen[bytes]") -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(3 * PATIENCE_S):
        while proxy.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{address}/health/liveliness")).is_success:
                    return
            await asyncio.sleep(0.2)
    raise ChildProcessError(f"the proxy ended with {proxy.returncode}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    run({"live_stt": heard, "another_replica": heard_of_two})
