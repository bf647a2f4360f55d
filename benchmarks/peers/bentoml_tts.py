"""Text to speech by BentoML: adaptive batching, which cannot stream."""

import bentoml

from benchmarks.peers.bentoml_stt import LONGEST_WAIT_MS
from benchmarks.peers.nemo_calls import MAX_BATCH, Voice


@bentoml.service(workers=1, traffic={"timeout": 300})
class TextToSpeech:
    """The models in one worker."""

    def __init__(self) -> None:
        self.voice = Voice.of_environment()

    @bentoml.api(
        route="/synthesize",
        batchable=True,
        max_batch_size=MAX_BATCH,
        max_latency_ms=LONGEST_WAIT_MS,
    )
    def synthesize(self, text: list[str]) -> list[bytes]:
        """Returns a WAV file of each text of a batch."""
        return self.voice.whole(text)
