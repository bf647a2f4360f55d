"""Text to speech by BentoML: adaptive batching, which cannot stream.

The model is a service of its own that makes batches, as the documentation has it where one service
calls another: bytes have no place in the JSON with which a batched service responds to clients.
"""

import bentoml

from benchmarks.peers.bentoml_stt import LONGEST_WAIT_MS
from benchmarks.peers.nemo_calls import VOICE_BATCH, Voice


@bentoml.service(workers=1, traffic={"timeout": 300})
class Voices:
    """The models in one worker."""

    def __init__(self) -> None:
        self.voice = Voice.of_environment()

    @bentoml.api(batchable=True, max_batch_size=VOICE_BATCH, max_latency_ms=LONGEST_WAIT_MS)
    def speak(self, texts: list[str]) -> list[bytes]:
        """Returns a WAV file of each text of a batch."""
        return self.voice.whole(texts)


@bentoml.service(workers=1, traffic={"timeout": 300})
class TextToSpeech:
    """What clients see."""

    voices = bentoml.depends(Voices)

    @bentoml.api(route="/synthesize")
    async def synthesize(self, text: str) -> bytes:
        """Returns a WAV file."""
        spoken: list[bytes] = await self.voices.to_async.speak([text])
        return spoken[0]
