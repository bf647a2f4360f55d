"""How a recogniser of any family is loaded, and what its batches may hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_stt.backends.decoder_choice import DecoderChoice


@dataclass(frozen=True, slots=True)
class RecogniserOptions:
    """What the service's settings say; the defaults are theirs."""

    device: str = "auto"
    """`auto`, `cpu` or `cuda`."""
    precision: str = "auto"
    """`auto`, `float32`, `bfloat16`, `float16` or `int8`, for the layers that round well."""
    decoder: DecoderChoice = DecoderChoice.AUTO
    """Which decoder of a hybrid checkpoint to use; another has one alone."""
    use_cuda_graphs: bool = True
    """Whether a transducer decodes through CUDA graphs; other decoders have none."""
    max_batch_items: int = 16
    max_batch_audio_s: float = 240.0
    """Most audio in one batch, padding included."""
    longest_s: float = 30.0
    """Longest piece; a longer one is still recognised, but costs a new CUDA graph."""
    bucket_edges: tuple[float, ...] = (1.5, 3.0, 5.0, 8.0, 12.0, 20.0)
    """Lengths in seconds, beside the longest, that the warm-up runs."""
    minimum_s: float = 1.0
    """Shorter pieces are lengthened to this with silence, as NeMo does."""
    languages: tuple[str, ...] = ()
    """What it understands; none = what the checkpoint, or its published name, says."""
    trailing_silence_s: float = 0.3
    """Silence after each piece, so that a word that ends with the audio is recognised whole."""
    lookahead_ms: int | None = None
    """How far a model of live audio looks ahead in live sessions; None is the checkpoint's default.
    """
    speech: Callable[[Sequence[str], int], Samples] | None = None
    """Returns speech in one of some languages, at a rate, which the warm-up hears; absent: a second
    of silence, of which no decoder makes a token."""

    def padded_length(self, samples: int, rate_hz: int) -> int:
        """Returns how many samples of a piece the model gets: with the silence after it."""
        lengthened = samples + round(self.trailing_silence_s * rate_hz)
        return max(lengthened, round(self.minimum_s * rate_hz))
