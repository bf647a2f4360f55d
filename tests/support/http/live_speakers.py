"""People who speak in live sessions while a test does something else, and connect again as told."""

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import soundfile
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from support.http.calling import SPEECH
from support.http.live_client import PATH, TRANSCRIPTION

_PIECE_S, _PAUSE_S, _RETRY_S = 0.1, 0.5, 1.0
_PATIENCE_S = 120.0
_ABNORMAL = 1006
_RESULTS = (f"{TRANSCRIPTION}.completed", f"{TRANSCRIPTION}.failed")
_SAMPLES, _RATE_HZ = soundfile.read(io.BytesIO(SPEECH), dtype="int16")


@dataclass
class Conversations:
    """What became of the sessions and their utterances so far."""

    answered: list[int]
    """Transcripts of each speaker."""
    words: set[str] = field(default_factory=set)
    """Every transcript that came."""
    ended: list[int] = field(default_factory=list)
    """The codes that the service closed sessions with."""
    lost: list[str] = field(default_factory=list)
    """Utterances that were committed and have no transcript, and why."""
    refused: int = 0
    """Attempts to connect that were refused, each of which was made again."""

    def everybody_has(self, number: int) -> bool:
        """Returns whether every speaker has so many transcripts."""
        return min(self.answered) >= number


@contextmanager
def open_session(address: str) -> Iterator[ClientConnection]:
    """Yields a new session.

    Raises:
        InvalidHandshake: The service refused it.
        OSError: Nothing is there.
        ConnectionClosed: It ended at once.
    """
    url = address.replace("http://", "ws://") + PATH
    with connect(url, proxy=None, open_timeout=_PATIENCE_S, close_timeout=1) as socket:
        _until(socket, "session.created")
        yield socket


def say_once(address: str) -> str:
    """Returns the transcript of the recording, said in a session of its own."""
    with open_session(address) as socket:
        _configure(socket)
        _say(socket, threading.Event())
        transcript: str = _until(socket, *_RESULTS)["transcript"]
        return transcript


@contextmanager
def speaking(address: str, speakers: int) -> Iterator[Conversations]:
    """Yields what becomes of the sessions of so many speakers, who stop after the block.

    Each says the same recording again and again, as fast as it was spoken.
    """
    heard, over = Conversations([0] * speakers), threading.Event()
    threads = [
        threading.Thread(target=_keep_speaking, args=(address, number, heard, over))
        for number in range(speakers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _keep_speaking(address: str, number: int, heard: Conversations, over: threading.Event) -> None:
    while not over.is_set():
        try:
            with open_session(address) as socket:
                _speak(socket, number, heard, over)
        except ConnectionClosed as error:
            heard.ended.append(error.rcvd.code if error.rcvd else _ABNORMAL)
        except (InvalidHandshake, OSError):
            heard.refused += 1
            over.wait(_RETRY_S)


def _speak(
    socket: ClientConnection, number: int, heard: Conversations, over: threading.Event
) -> None:
    _configure(socket)
    while not over.is_set():
        _say(socket, over)
        try:
            event = _until(socket, *_RESULTS)
        except (ConnectionClosed, TimeoutError) as error:
            heard.lost.append(repr(error))
            raise
        if "transcript" in event:
            heard.words.add(event["transcript"])
            heard.answered[number] += 1
        else:
            heard.lost.append(json.dumps(event))
        over.wait(_PAUSE_S)


def _configure(socket: ClientConnection) -> None:
    audio = {"format": {"type": "audio/pcm", "rate": _RATE_HZ}, "turn_detection": None}
    _send(socket, "session.update", session={"type": "transcription", "audio": {"input": audio}})


def _say(socket: ClientConnection, over: threading.Event) -> None:
    """Says the recording as fast as it was spoken, and commits it."""
    piece = round(_PIECE_S * _RATE_HZ)
    for start in range(0, len(_SAMPLES), piece):
        said = base64.b64encode(_SAMPLES[start : start + piece].tobytes()).decode()
        _send(socket, "input_audio_buffer.append", audio=said)
        over.wait(_PIECE_S)
    _send(socket, "input_audio_buffer.commit")


def _send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    socket.send(json.dumps({"type": kind, **fields}))


def _until(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    """Returns the next event of one of these kinds."""
    while True:
        event: dict[str, Any] = json.loads(socket.recv(timeout=_PATIENCE_S))
        if event["type"] in kinds:
            return event
