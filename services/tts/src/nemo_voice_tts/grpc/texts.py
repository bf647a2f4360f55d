"""The texts of a stream of requests: what is no whole sentence is joined to what follows it.

Clients send a sentence in each message, or what a language model wrote since the last one: a word,
a clause, two hundred characters. Some take the blanks at its ends away. A document of SSML is never
joined: two of them would be none.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any

from nemo_voice_serving.errors import RequestTooSlow
from nemo_voice_tts.grpc.protos.riva_tts_pb2 import SynthesizeSpeechRequest
from nemo_voice_tts.text.segmentation import is_whole

_SSML = re.compile(r"\s*<(?:\?xml|speak\b)")
HOLD_S = 0.5
"""How long a part of a sentence waits for the next one, while its client sends nothing."""


class Texts:
    """Reads the requests of one call."""

    def __init__(
        self,
        requests: AsyncIterator[SynthesizeSpeechRequest],
        *,
        idle_s: float,
        most_chars: int,
        conjunctions: str,
        hold_s: float = HOLD_S,
    ) -> None:
        """Takes the requests.

        Args:
            requests: As they come.
            idle_s: How long the client may send nothing.
            most_chars: Of what is joined; more is not held.
            conjunctions: Those of the language, see `text.segmentation`.
            hold_s: How long a part of a sentence waits for the next one.
        """
        self._requests = requests
        self._idle_s = idle_s
        self._most_chars = most_chars
        self._conjunctions = conjunctions
        self._hold_s = hold_s

    async def __aiter__(self) -> AsyncGenerator[SynthesizeSpeechRequest, None]:
        """Yields requests with whole texts.

        Raises:
            RequestTooSlow: The client did not send its next text in time.
        """
        held: SynthesizeSpeechRequest | None = None
        coming = self._next()
        try:
            while True:
                if not await self._has_come(coming, self._idle_s if held is None else self._hold_s):
                    if held is None:
                        message = (
                            f"No text came within {self._idle_s:g} s: end the call, or send one."
                        )
                        raise RequestTooSlow(message)
                    yield held
                    held = None
                    continue
                request = coming.result()
                if request is None:
                    break
                coming = self._next()
                is_apart = _SSML.match(request.text) is not None
                if held is not None and (is_apart or not _are_alike(held, request)):
                    yield held
                    held = None
                held = request if held is None else _joined(held, request)
                if self._is_due(held.text):
                    yield held
                    held = None
            if held is not None:
                yield held
        finally:
            coming.cancel()

    def _is_due(self, text: str) -> bool:
        is_long = len(text) > self._most_chars
        return (
            is_long
            or _SSML.match(text) is not None
            or not any(map(str.isalnum, text))
            or is_whole(text, conjunctions=self._conjunctions)
        )

    def _next(self) -> "asyncio.Task[SynthesizeSpeechRequest | None]":
        async def read() -> SynthesizeSpeechRequest | None:
            return await anext(self._requests, None)

        reading: Coroutine[Any, Any, SynthesizeSpeechRequest | None] = read()
        return asyncio.create_task(reading)

    async def _has_come(self, coming: "asyncio.Task[Any]", seconds: float) -> bool:
        # A read that is cancelled would lose its message.
        done, _ = await asyncio.wait([coming], timeout=seconds)
        return bool(done)


def _are_alike(one: SynthesizeSpeechRequest, other: SynthesizeSpeechRequest) -> bool:
    """Returns whether two requests want the same but for the text and the id."""
    copies = [SynthesizeSpeechRequest(), SynthesizeSpeechRequest()]
    for copy, request in zip(copies, (one, other), strict=True):
        copy.CopyFrom(request)
        copy.ClearField("text")
        copy.ClearField("id")
    return bool(copies[0] == copies[1])


def _joined(
    before: SynthesizeSpeechRequest, request: SynthesizeSpeechRequest
) -> SynthesizeSpeechRequest:
    """Returns the later request with both texts, and a blank between where neither has one."""
    joined = SynthesizeSpeechRequest()
    joined.CopyFrom(request)
    has_blank = before.text[-1:].isspace() or request.text[:1].isspace()
    joined.text = f"{before.text}{'' if has_blank else ' '}{request.text}"
    return joined
