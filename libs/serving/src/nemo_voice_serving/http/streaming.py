"""Streaming responses, and their framing as server-sent events.

The events' content is each service's own.
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
    """The work whose result a response streams."""

    async def aclose(self) -> Any:
        """Stops the work; may be called repeatedly."""
        ...


class StreamedResponse(StreamingResponse):
    """A streaming response that stops its work however it ends, even before it begins."""

    def __init__(self, work: Work, content: AsyncIterator[bytes], *, media_type: str) -> None:
        # nginx, the ingress of many clusters, would otherwise buffer the first seconds.
        super().__init__(content, media_type=media_type, headers={"X-Accel-Buffering": "no"})
        self._work = work

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._work.aclose()


def event(data: dict[str, object]) -> bytes:
    """Returns a server-sent event with the data as JSON."""
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def failed(error: VoiceError) -> bytes:
    """Returns the error event that is sent in place of the final event.

    OpenAI's clients raise it as their `APIError`.
    """
    return event({"type": "error", **error.body()})
