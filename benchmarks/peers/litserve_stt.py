"""Speech to text by LitServe: batching as its documentation teaches, the model in its worker."""

import argparse
from collections.abc import Sequence

import litserve
from starlette.requests import Request

from benchmarks.peers.nemo_calls import BATCH_WAIT_S, MAX_BATCH, Recogniser, Samples, read_clip


class SpeechToText(litserve.LitAPI):
    """The steps of one request; LitServe calls `predict` with a list of what was decoded."""

    def setup(self, device: str) -> None:  # noqa: ARG002 LitServe names a device
        """Restores the model."""
        self.recogniser = Recogniser.of_environment()

    def decode_request(self, request: Request) -> Samples:
        """Returns the samples of an upload; LitServe has read the form already."""
        return read_clip(request["audio_file"].file.read())

    def batch(self, inputs: Sequence[Samples]) -> Sequence[Samples]:
        """Returns the batch as it is: clips have different lengths, which NeMo's call pads."""
        return inputs

    def predict(self, x: Sequence[Samples]) -> list[str]:
        """Returns the texts of a batch."""
        return self.recogniser.recognise(x)

    def unbatch(self, output: list[str]) -> list[str]:
        """Returns one text for each request."""
        return output

    # LitServe would take an annotation of what is returned for the type of the HTTP response.
    def encode_response(self, output: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
        """Returns the response's JSON."""
        return {"text": output}


def main() -> None:
    """Serves until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    api = SpeechToText(max_batch_size=MAX_BATCH, batch_timeout=BATCH_WAIT_S, api_path="/transcribe")
    server = litserve.LitServer(api, accelerator="cpu", timeout=False)
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
