"""Answers that are sent while they are made: the response, and its framing as server-sent events.

What the events say is each service's own.
"""

import json
from collections.abc import AsyncIterator
from typing import Any, Protocol

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from nemo_voice_serving.errors import VoiceError

EVENTS_MEDIA_TYPE = "text/event-stream"


class Work(Protocol):
    """What goes on behind an answer."""

    async def aclose(self) -> Any:
        """Stops it; may be called again."""
        ...


class StreamedResponse(StreamingResponse):
    """A streamed answer that stops the work behind it however it ends, even before it begins."""

    def __init__(self, work: Work, content: AsyncIterator[bytes], *, media_type: str) -> None:
        # nginx, many a cluster's way in, would otherwise gather the first seconds of an answer.
        super().__init__(content, media_type=media_type, headers={"X-Accel-Buffering": "no"})
        self._work = work

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._work.aclose()


def event(data: dict[str, object]) -> bytes:
    """Returns a server-sent event that carries the data as JSON."""
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def failed(error: VoiceError) -> bytes:
    """Returns the event instead of the last one: OpenAI's clients raise it as their `APIError`."""
    return event({"type": "error", **error.body()})
