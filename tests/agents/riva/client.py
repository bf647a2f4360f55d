"""NVIDIA's realtime client against the service: prints what it got.

The arguments are parsed as its own script does, `realtime_asr_client.py`.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from riva.client import AudioChunkFileIterator
from riva.client.argparse_utils import (
    add_asr_config_argparse_parameters,
    add_connection_argparse_parameters,
    add_realtime_config_argparse_parameters,
)
from riva.client.realtime import RealtimeClientASR

from agents.program import PATIENCE_S, Given, run
from agents.riva import configuration
from agents.sound import rate_of, spoken

CHUNK_FRAMES = 1600
TRANSCRIPTION = "conversation.item.input_audio_transcription"


class Listening(RealtimeClientASR):  # type: ignore[misc] # it is in an environment of its own
    """The client, which also keeps each event that it gets."""

    def __init__(self, args: argparse.Namespace) -> None:
        super().__init__(args)
        self.events: list[str] = []

    async def connect(self) -> None:
        """Connects, and listens in."""
        await super().connect()
        receive = self.websocket.recv

        async def kept() -> Any:
            event = await receive()
            self.events.append(event)
            return event

        self.websocket.recv = kept


def arguments(given: Given, *more: str) -> argparse.Namespace:
    """Returns the arguments of NVIDIA's script, parsed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mic", action="store_true")
    parser.add_argument("--sample-rate-hz", type=int, default=16_000)
    parser.add_argument("--num-channels", type=int, default=1)
    parser.add_argument("--prompt", default="")
    add_connection_argparse_parameters(parser)
    add_asr_config_argparse_parameters(
        parser, max_alternatives=True, profanity_filter=True, word_time_offsets=True
    )
    add_realtime_config_argparse_parameters(parser)
    return parser.parse_args([*configuration.realtime_stt(given.stt), *more])


async def heard(args: argparse.Namespace, chunks: Any) -> dict[str, Any]:
    """Returns the text of a session, its partials, and the final transcripts on the way."""
    client = Listening(args)
    await client.connect()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(client.send_audio_chunks(chunks), client.receive_responses())
    finally:
        await client.disconnect()
    events = [json.loads(event) for event in client.events]
    completed = [event for event in events if event["type"] == f"{TRANSCRIPTION}.completed"]
    return {
        "final": client.final_transcript,
        "partials": [event["delta"] for event in events if event["type"].endswith(".delta")],
        "finals": [event["transcript"] for event in completed if not event["is_last_result"]],
        "words": [word["word"] for word in completed[-1]["words_info"]["words"]],
    }


async def file(given: Given) -> dict[str, Any]:
    """Returns what is heard of a file, which is sent as it is and as fast as it goes."""
    args = arguments(given, "--word-time-offsets")
    with AudioChunkFileIterator(str(given.clip), CHUNK_FRAMES, None) as chunks:
        return await heard(args, chunks)


async def microphone(given: Given) -> dict[str, Any]:
    """Returns what is heard of samples that come as somebody speaks, said twice."""
    args = arguments(given, "--mic", "--sample-rate-hz", str(rate_of(given.clip)))

    async def twice() -> AsyncIterator[bytes]:
        for _ in range(2):
            async for piece in spoken(given.clip):
                yield piece

    return await heard(args, twice())


SCENARIOS: dict[str, Callable[[Given], Awaitable[dict[str, Any]]]] = {
    "file": file,
    "microphone": microphone,
}

if __name__ == "__main__":
    run(SCENARIOS)
