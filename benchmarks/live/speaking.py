"""Clients of live sessions: each says recordings with silence between them, as fast as speech.

They run in the benchmark's own process, apart from the service, over real WebSockets.
"""

import asyncio
import base64
import json
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from benchmarks.inputs import CLIP_RATE_HZ, Clip

BYTES_PER_S = 2 * CLIP_RATE_HZ
BYTES_PER_MS = BYTES_PER_S // 1000
PIECE_S = 0.05
PAUSE_S = 1.2
"""Between two recordings: longer than the silence that ends an utterance."""
SILENCE_S = 0.5
"""That ends an utterance, as OpenAI has it."""
_LAST_WORDS_S = 30.0
_AFTER_ALL = "all was sent"
"""No message of the protocol: what answers it comes when the audio before was listened to."""
_INPUT = "input_audio_buffer"
_TEXT = "conversation.item.input_audio_transcription"
_CONFIG = {
    "type": "transcription",
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": CLIP_RATE_HZ},
            "turn_detection": {
                "type": "server_vad",
                "silence_duration_ms": round(SILENCE_S * 1000),
            },
        }
    },
}


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a script a recording is."""

    clip: int
    begins_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Script:
    """All that one client says."""

    pcm: bytes
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / BYTES_PER_S


def script_of(clips: Sequence[Clip], first: int, seconds: float) -> Script:
    """Returns recordings from the first on, round and round, until they last for so long."""
    pcm = bytearray(_silence())
    spans: list[Span] = []
    while len(pcm) < seconds * BYTES_PER_S:
        place = (first + len(spans)) % len(clips)
        begins_s = len(pcm) / BYTES_PER_S
        with wave.open(str(clips[place].path)) as file:
            pcm += file.readframes(file.getnframes())
        spans.append(Span(place, begins_s, len(pcm) / BYTES_PER_S))
        pcm += _silence()
    return Script(bytes(pcm), tuple(spans))


def _silence() -> bytes:
    return bytes(round(PAUSE_S * BYTES_PER_S))


@dataclass(slots=True)
class Utterance:
    """What became of one utterance; times are the loop's."""

    begins_ms: int
    ends_ms: int = 0
    started_s: float = 0.0
    """When the client was told that it began."""
    shown_s: float | None = None
    """When its first partial came."""
    stopped_s: float = 0.0
    finished_s: float = 0.0
    text: str | None = None


@dataclass(slots=True)
class Spoken:
    """What a client saw."""

    script: Script
    greeted_s: float = 0.0
    """From opening the connection to `session.created`."""
    sent_s: list[float] = field(default_factory=list)
    """When each piece was sent."""
    late_s: list[float] = field(default_factory=list)
    """By how much each was sent too late."""
    utterances: dict[str, Utterance] = field(default_factory=dict)
    is_heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the service has listened to all of it."""
    failure: str | None = None

    def sent_at(self, ms: float) -> float:
        """Returns when the audio up to there was sent."""
        place = -(-ms // (PIECE_S * 1000)) - 1
        return self.sent_s[min(max(0, int(place)), len(self.sent_s) - 1)]

    def finished(self) -> list[Utterance]:
        """Returns the utterances that have a transcript."""
        return [one for one in self.utterances.values() if one.text is not None]


async def speak(address: str, script: Script, *, piece_s: float = PIECE_S) -> Spoken:
    """Returns what a client saw that said all of the script.

    Args:
        address: The service's.
        script: What is said.
        piece_s: The seconds between two pieces; 0 sends them as a file.
    """
    spoken = Spoken(script)
    url = address.replace("http://", "ws://") + "/v1/realtime?intent=transcription"
    loop = asyncio.get_running_loop()
    try:
        began_s = loop.time()
        async with websockets.connect(url, proxy=None, compression=None) as socket:
            await _expect(socket, "session.created")
            spoken.greeted_s = loop.time() - began_s
            await socket.send(json.dumps({"type": "session.update", "session": _CONFIG}))
            await _expect(socket, "session.updated")
            await _converse(socket, spoken, piece_s)
    except (OSError, TimeoutError, websockets.WebSocketException, RuntimeError) as error:
        spoken.failure = f"{type(error).__name__}: {error}"
    return spoken


async def _converse(socket: ClientConnection, spoken: Spoken, piece_s: float) -> None:
    listening = asyncio.create_task(_listen(socket, spoken))
    try:
        await _say(socket, spoken, piece_s)
        async with asyncio.timeout(_LAST_WORDS_S):
            await spoken.is_heard.wait()
            while len(spoken.finished()) < len(spoken.utterances):  # noqa: ASYNC110 they come
                await asyncio.sleep(PIECE_S)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _say(socket: ClientConnection, spoken: Spoken, piece_s: float) -> None:
    loop = asyncio.get_running_loop()
    size, pcm = round(PIECE_S * BYTES_PER_S), spoken.script.pcm
    began_s = loop.time()
    for number, place in enumerate(range(0, len(pcm), size)):
        due_s = began_s + (number + 1) * piece_s  # a piece exists once it was spoken
        await asyncio.sleep(due_s - loop.time())
        audio = base64.b64encode(pcm[place : place + size]).decode()
        spoken.late_s.append(loop.time() - due_s)
        await socket.send(f'{{"type":"{_INPUT}.append","audio":"{audio}"}}')
        spoken.sent_s.append(loop.time())
    await socket.send(json.dumps({"type": _AFTER_ALL}))


async def _listen(socket: ClientConnection, spoken: Spoken) -> None:
    loop = asyncio.get_running_loop()
    async for message in socket:
        event, now_s = json.loads(message), loop.time()
        item = spoken.utterances.get(event.get("item_id", ""))
        kind = event["type"]
        if kind == f"{_INPUT}.speech_started":
            new = Utterance(event["audio_start_ms"], started_s=now_s)
            spoken.utterances[event["item_id"]] = new
        elif kind == "error":
            spoken.is_heard.set()
        elif item is None:
            continue
        elif kind == f"{_INPUT}.speech_stopped":
            item.ends_ms, item.stopped_s = event["audio_end_ms"], now_s
        elif kind == f"{_TEXT}.delta" and item.shown_s is None:
            item.shown_s = now_s
        elif kind == f"{_TEXT}.completed":
            item.text, item.finished_s = event["transcript"], now_s


async def _expect(socket: ClientConnection, kind: str) -> Any:
    event = json.loads(await socket.recv())
    if event["type"] != kind:
        raise RuntimeError(f"{event} instead of {kind}")
    return event
