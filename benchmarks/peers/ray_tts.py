"""Text to speech by Ray Serve: a batch that streams, a sentence of each request at a time."""

import asyncio
from collections.abc import AsyncIterator

from ray import serve
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from benchmarks.peers.nemo_calls import BATCH_WAIT_S, VOICE_BATCH, Voice
from benchmarks.peers.ray_stt import MAX_ONGOING, serve_deployment


@serve.deployment(
    num_replicas=1, ray_actor_options={"num_cpus": 1}, max_ongoing_requests=MAX_ONGOING
)
class TextToSpeech:
    """The models in one replica."""

    def __init__(self) -> None:
        self.voice = Voice.of_environment()

    @serve.batch(max_batch_size=VOICE_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def speak(self, texts: list[str]) -> AsyncIterator[list[bytes]]:
        """Yields what each request of the batch has next."""
        # In a thread: the replica sends what was yielded only while its event loop is free.
        steps = self.voice.streamed(texts)
        while (step := await asyncio.to_thread(next, steps, None)) is not None:
            yield step

    async def __call__(self, request: Request) -> Response:
        """Returns the response to a text; to a GET, as a sign of life, an empty one."""
        if request.method == "GET":
            return Response()
        text = (await request.json())["text"]
        return StreamingResponse(self.speak(text), media_type="audio/wav")


if __name__ == "__main__":
    serve_deployment(TextToSpeech, "/synthesize", __doc__)
