"""Speech to text by BentoML: adaptive batching as its documentation teaches."""

from pathlib import Path

import bentoml

from benchmarks.peers.nemo_calls import MAX_BATCH, Recogniser, read_clip

LONGEST_WAIT_MS = 300_000
"""Beyond this BentoML refuses with 503; by default after a minute."""


@bentoml.service(workers=1, traffic={"timeout": 300})
class SpeechToText:
    """The model in one worker."""

    def __init__(self) -> None:
        self.recogniser = Recogniser.of_environment()

    @bentoml.api(
        route="/transcribe",
        batchable=True,
        max_batch_size=MAX_BATCH,
        max_latency_ms=LONGEST_WAIT_MS,
    )
    def transcribe(self, audio_file: list[Path]) -> list[str]:
        """Returns the texts of a batch."""
        return self.recogniser.recognise([read_clip(path.read_bytes()) for path in audio_file])
