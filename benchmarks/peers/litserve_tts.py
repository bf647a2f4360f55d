"""Text to speech by LitServe: batches that stream, a sentence of each request at a time."""

import argparse
from collections.abc import Iterator, Sequence

import litserve
from starlette.requests import Request

from benchmarks.peers.nemo_calls import BATCH_WAIT_S, VOICE_BATCH, Voice


class TextToSpeech(litserve.LitAPI):
    """The steps of one request; with `stream` every one after the batch is a generator."""

    def setup(self, device: str) -> None:  # noqa: ARG002 LitServe names a device
        """Restores the models."""
        self.voice = Voice.of_environment()

    def decode_request(self, request: Request) -> str:
        """Returns the text of a request."""
        return str(request["text"])

    def batch(self, inputs: Sequence[str]) -> Sequence[str]:
        """Returns the batch as it is."""
        return inputs

    def predict(self, x: Sequence[str]) -> Iterator[list[bytes]]:
        """Yields what each request of the batch has next."""
        yield from self.voice.streamed(x)

    def unbatch(self, output: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
        """Yields the same: it holds a place for each request already."""
        yield from output

    # LitServe would take an annotation of what is returned for the type of the HTTP response.
    def encode_response(self, output: Iterator[list[bytes]]):  # type: ignore[no-untyped-def]  # noqa: ANN201
        """Yields the same: samples are sent as they are."""
        yield from output


def main() -> None:
    """Serves until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    api = TextToSpeech(
        max_batch_size=VOICE_BATCH, batch_timeout=BATCH_WAIT_S, stream=True, api_path="/synthesize"
    )
    server = litserve.LitServer(api, accelerator="cpu", timeout=False)
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
