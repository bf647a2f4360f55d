"""What the service holds while sessions come and go."""

import asyncio
import base64
import json
import wave
from collections.abc import Sequence

import websockets

from benchmarks.inputs import CLIP_RATE_HZ, Clip
from benchmarks.servers import Server

_AT_ONCE = 8
_STEPS = 10
_CONFIG = {
    "type": "transcription",
    "audio": {
        "input": {"format": {"type": "audio/pcm", "rate": CLIP_RATE_HZ}, "turn_detection": None}
    },
}


def measured_memory(
    server: Server, clips: Sequence[Clip], warm_up: int, sessions: int
) -> tuple[tuple[int, int], ...]:
    """Returns the bytes that the service holds, by the number of sessions that have ended.

    Args:
        server: The service, ready.
        clips: Short recordings; each session says one of them.
        warm_up: How many sessions precede the first figure.
        sessions: How many follow.
    """
    curve, done = [], 0
    for target in range(warm_up, warm_up + sessions + 1, max(1, sessions // _STEPS)):
        asyncio.run(_sessions(server.address, clips, target - done))
        done = target
        curve.append((done, server.resident_bytes()))
    return tuple(curve)


async def _sessions(address: str, clips: Sequence[Clip], count: int) -> None:
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with limit:
            await _session(address, clips[number % len(clips)])

    await asyncio.gather(*map(one, range(count)))


async def _session(address: str, clip: Clip) -> None:
    url = address.replace("http://", "ws://") + "/v1/realtime?intent=transcription"
    with wave.open(str(clip.path)) as file:
        audio = base64.b64encode(file.readframes(file.getnframes())).decode()
    async with websockets.connect(url, proxy=None) as socket:
        for message in (
            {"type": "session.update", "session": _CONFIG},
            {"type": "input_audio_buffer.append", "audio": audio},
            {"type": "input_audio_buffer.commit"},
        ):
            await socket.send(json.dumps(message))
        async with asyncio.timeout(60):
            while not json.loads(await socket.recv())["type"].endswith(".completed"):
                pass
