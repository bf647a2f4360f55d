"""Text to speech by Ray Serve: a batch that streams, a sentence of each request at a time."""

import argparse
import asyncio
import signal
from collections.abc import AsyncIterator

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from benchmarks.peers.nemo_calls import BATCH_WAIT_S, VOICE_BATCH, Voice
from benchmarks.peers.ray_stt import LOCAL, MAX_ONGOING


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


def main() -> None:
    """Serves until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, **LOCAL)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    application = TextToSpeech.bind()  # type: ignore[attr-defined,unused-ignore]  # made by the decorator
    serve.run(application, route_prefix="/synthesize")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main()
