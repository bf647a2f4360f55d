"""Speech to text by Ray Serve: `serve.batch` in one replica, as its documentation teaches."""

import argparse
import signal
from typing import Any

import ray
from ray import serve
from starlette.requests import Request

from benchmarks.peers.nemo_calls import BATCH_WAIT_S, MAX_BATCH, Recogniser, Samples, read_clip

LOCAL = {"_node_ip_address": "127.0.0.1"}
"""Keeps the ports of the cluster on this machine."""
MAX_ONGOING = 1_000
"""Requests that a replica may hold: by default it is five, and no batch would fill."""


@serve.deployment(
    num_replicas=1, ray_actor_options={"num_cpus": 1}, max_ongoing_requests=MAX_ONGOING
)
class SpeechToText:
    """The model in one replica."""

    def __init__(self) -> None:
        self.recogniser = Recogniser.of_environment()

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def recognise(self, clips: list[Samples]) -> list[str]:
        """Returns the texts of a batch."""
        return self.recogniser.recognise(clips)

    async def __call__(self, request: Request) -> dict[str, str]:
        """Returns the response to an upload; to a GET, as a sign of life, an empty one."""
        if request.method == "GET":
            return {}
        form = await request.form()
        upload: Any = form["audio_file"]
        return {"text": await self.recognise(read_clip(await upload.read()))}


def serve_deployment(deployment: Any, route: str, description: str | None) -> None:
    """Serves a deployment on the port of the command line until the process is ended."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, **LOCAL)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(deployment.bind(), route_prefix=route)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    serve_deployment(SpeechToText, "/transcribe", __doc__)
