"""In which order a recogniser takes its memory."""

from types import SimpleNamespace
from typing import Any

from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import NemoRecogniser

RATE_HZ = 16_000


class _Steps:
    """Stages of a GPU that say what they are asked to run."""

    def __init__(self) -> None:
        self.device = SimpleNamespace(type="cuda")
        self.sample_rate_hz, self.frame_s = RATE_HZ, 0.08
        self.decoder = SimpleNamespace(graph_mode=lambda: "full_graph")
        self.vocabulary, self.prompts = SimpleNamespace(is_aggregate=False, text_of=str), None
        self.steps: list[str] = []

    def size_encoder(self, batch: int, length: int) -> None:
        self.steps.append(f"encoder {batch} x {length / RATE_HZ:g} s")

    def size_decoder(self, batch: int, length: int) -> None:
        self.steps.append(f"decoder {batch} x {length / RATE_HZ:g} s")

    def decode(self, clips: list[object], _lengths: list[int]) -> list[tuple[()]]:
        self.steps.append(f"batch of {len(clips)}")
        return [() for _ in clips]


def test_the_largest_encoder_batch_has_its_memory_before_the_decoders_graph() -> None:
    steps: Any = _Steps()
    options = RecogniserOptions(max_batch_items=8, max_batch_audio_s=240, longest_s=30)
    recogniser = NemoRecogniser(steps, SimpleNamespace(languages=()), options)  # type: ignore[arg-type]
    recogniser.warm_up(lambda _: None)
    assert steps.steps[:3] == ["encoder 8 x 30.3 s", "decoder 8 x 30.3 s", "batch of 8"]
