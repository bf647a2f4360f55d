"""The first audio of a clause that comes in pieces, beside that of the same text at once."""

import asyncio
import json
import time
from collections.abc import Sequence
from statistics import median

import httpx
import websockets

from benchmarks.live.results import Pieces
from benchmarks.servers import Server

_LONGEST_CHARS = 80
"""A longer text would be cut, and the two ways might be cut at different places."""
_WAV_HEADER_BYTES = 44
_PATIENCE_S = 60.0


def measured_pieces(server: Server, texts: Sequence[str], rounds: int) -> Pieces:
    """Returns how soon speech begins, once a clause is there and once a request is sent.

    Args:
        server: The text to speech service, ready.
        texts: What may be said; those that are one clause are.
        rounds: How often, the two ways in turn; two more that come first do not count.
    """
    said = [text for text in texts if len(text) <= _LONGEST_CHARS]
    pairs = [_pair(server.address, said[number % len(said)]) for number in range(rounds + 2)][2:]
    in_pieces, at_once = zip(*pairs, strict=True)
    return Pieces(rounds, 1000 * median(in_pieces), 1000 * median(at_once))


def _pair(address: str, text: str) -> tuple[float, float]:
    return asyncio.run(_in_pieces(address, text)), _at_once(address, text)


async def _in_pieces(address: str, text: str) -> float:
    """Returns the time from the last word of a text, with a flush, to its first audio."""
    path = "/v1/text-to-speech/default/stream-input?output_format=pcm_22050"
    *before, last = text.split(" ")
    async with websockets.connect(address.replace("http://", "ws://") + path, proxy=None) as socket:
        for word in before:
            await socket.send(json.dumps({"text": f"{word} "}))
        began_s = time.perf_counter()
        await socket.send(json.dumps({"text": last, "flush": True}))
        async with asyncio.timeout(_PATIENCE_S):
            while not json.loads(await socket.recv()).get("audio"):
                pass
        return time.perf_counter() - began_s


def _at_once(address: str, text: str) -> float:
    """Returns the time from a request for the text to its first audio."""
    with httpx.Client(base_url=address, timeout=_PATIENCE_S, trust_env=False) as client:
        client.get("/v1/health/live")  # the other way's connection is open, too
        began_s, read = time.perf_counter(), 0
        with client.stream("POST", "/synthesize", json={"text": text}) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                read += len(chunk)
                if read > _WAV_HEADER_BYTES:
                    return time.perf_counter() - began_s
    raise RuntimeError(f"no audio of {text!r}")
