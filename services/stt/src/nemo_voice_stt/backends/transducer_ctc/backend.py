"""Implements the port to a recogniser with the direct stages of an NVIDIA NeMo model.

Importing this module is cheap; `load_recogniser` imports torch and NeMo, which takes ten seconds.
Everything happens on the device thread.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.backend import ModelDescription
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import facts_in
from nemo_voice_stt.backends.transducer_ctc.decoder_choice import DecoderChoice, decoder_of
from nemo_voice_stt.backends.transducer_ctc.word_times import Timing, words_of
from nemo_voice_stt.transcription.port import Abilities, Clip, Recogniser, Recognition
from nemo_voice_stt.transcription.writing import joined

if TYPE_CHECKING:
    from nemo_voice_stt.backends.transducer_ctc.decoding_pipeline import Stages

logger = logging.getLogger(__name__)

SILENCE_DBFS = -60.0
"""A piece whose loudest moment stays below this holds no speech; models invent words for it."""
_MOMENT_S = 0.05
_NOTHING = Recognition("", ())


@dataclass(frozen=True, slots=True)
class RecogniserOptions:
    """How a recogniser is loaded and what its batches may hold."""

    device: str = "auto"
    """`auto`, `cpu` or `cuda`."""
    precision: str = "auto"
    """`auto`, `float32`, `bfloat16` or `float16`, for the encoder and the decoder."""
    decoder: DecoderChoice = DecoderChoice.AUTO
    """Which decoder of a hybrid checkpoint to use; another has one alone."""
    use_cuda_graphs: bool = True
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
    speech: Callable[[Sequence[str], int], Samples] | None = None
    """Returns speech in one of some languages, at a rate, which the warm-up hears; absent: a second
    of silence, of which no decoder makes a token."""


class NemoRecogniser(Recogniser):
    """A transducer (TDT or RNNT), a CTC model or a hybrid, prompted or not, behind the port."""

    def __init__(
        self, stages: "Stages", description: ModelDescription, options: RecogniserOptions
    ) -> None:
        self._stages = stages
        self.description = description
        self.abilities = Abilities(
            hotwords=not stages.vocabulary.is_aggregate,
            told_languages=() if stages.prompts is None else stages.prompts.languages,
            default_language=None if stages.prompts is None else stages.prompts.assumed,
        )
        self._options = options

    @override
    def warm_up(self, report: Callable[[str], None]) -> None:
        from nemo_voice_serving.nemo.hardware import guarded  # noqa: PLC0415

        options, stages = self._options, self._stages
        is_cuda = stages.device.type == "cuda"
        shapes = warm_up_shapes(options, is_batched=is_cuda)
        with guarded():
            if is_cuda:
                items, seconds = shapes[0]
                report(f"encoder, {items} x {seconds:g} s")
                stages.size_encoder(items, self._length(round(seconds * stages.sample_rate_hz)))
                report(f"decoder, {options.max_batch_items} x {options.longest_s:g} s")
                longest = self._length(round(options.longest_s * stages.sample_rate_hz))
                stages.size_decoder(options.max_batch_items, longest)
                logger.info("decoder sized", extra={"cuda_graph": stages.decoder.graph_mode()})
            speech = self._speech()
            for items, seconds in shapes:
                report(f"{items} x {seconds:g} s")
                clip = Clip(np.resize(speech, round(seconds * stages.sample_rate_hz)))
                self._recognise([clip] * items)

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        from nemo_voice_serving.nemo.hardware import guarded  # noqa: PLC0415

        results = [_NOTHING] * len(batch)
        audible = [place for place, clip in enumerate(batch) if self._is_audible(clip.samples)]
        size = self._options.max_batch_items
        with guarded():
            for first in range(0, len(audible), size):
                places = audible[first : first + size]
                recognised = self._recognise([batch[place] for place in places])
                for place, recognition in zip(places, recognised, strict=True):
                    results[place] = recognition
        return results

    def _speech(self) -> Samples:
        rate_hz, speech = self._stages.sample_rate_hz, self._options.speech
        if speech is None:
            return np.zeros(rate_hz, np.float32)
        return speech(self.description.languages, rate_hz)

    def _recognise(self, clips: Sequence[Clip]) -> list[Recognition]:
        stages = self._stages
        lengths = [self._length(len(clip.samples)) for clip in clips]
        results = []
        for clip, tokens in zip(clips, stages.decode(clips, lengths), strict=True):
            timing = Timing(stages.frame_s, len(clip.samples) / stages.sample_rate_hz)
            words = words_of(tokens, timing, stages.vocabulary.text_of)
            results.append(Recognition(joined(words), words))
        return results

    def _length(self, samples: int) -> int:
        rate_hz = self._stages.sample_rate_hz
        lengthened = samples + round(self._options.trailing_silence_s * rate_hz)
        return max(lengthened, round(self._options.minimum_s * rate_hz))

    def _is_audible(self, piece: Samples) -> bool:
        return loudest_dbfs(piece, self._stages.sample_rate_hz) > SILENCE_DBFS


def load_recogniser(
    directory: Path, source: str, revision: str, options: RecogniserOptions
) -> NemoRecogniser:
    """Returns the recogniser, loaded from an unpacked checkpoint.

    Raises:
        ModelStoreError: The checkpoint is not of a kind that is served.
        UnusableModel: Its files are not whole.
        NoDevice: The options want a device that is not usable.
    """
    facts = facts_in(directory, Role.RECOGNISER, source)
    decoder = decoder_of(facts, options.decoder, source)
    # Imported here: NeMo takes ten seconds to import, and `--help` should not.
    from nemo_voice_serving.nemo import hardware  # noqa: PLC0415
    from nemo_voice_stt.backends.transducer_ctc.decoding_pipeline import (  # noqa: PLC0415
        LoadOptions,
        load_stages,
    )

    device = hardware.choose_device(options.device)
    precision = hardware.precision_of(options.precision, device)
    stages = load_stages(
        directory,
        LoadOptions(
            device, precision, decoder, options.use_cuda_graphs, languages=options.languages
        ),
    )
    description = ModelDescription(
        source=source,
        revision=revision,
        architecture=type(stages.model).__name__,
        parameters=stages.parameters,
        sample_rate_hz=stages.sample_rate_hz,
        device=hardware.describe(device),
        precision=str(precision).removeprefix("torch."),
        kind=facts.kind.name,
        languages=options.languages or facts.languages,
    )
    return NemoRecogniser(stages, description, options)


def loudest_dbfs(piece: Samples, sample_rate_hz: int) -> float:
    """Returns the level of the loudest twentieth of a second; minus infinity for none."""
    moment = max(1, round(_MOMENT_S * sample_rate_hz))
    if not len(piece):
        return -np.inf
    starts = np.arange(0, len(piece), moment)
    energies = np.add.reduceat(np.square(piece, dtype=np.float32), starts)
    counts = np.diff(np.append(starts, len(piece)))
    power = float(np.max(energies / counts))
    return 10 * np.log10(power) if power > 0 else -np.inf


def warm_up_shapes(options: RecogniserOptions, *, is_batched: bool) -> list[tuple[int, float]]:
    """Returns the batches to run before serving, as pieces and seconds, the largest first.

    Each length alone, too: most batches hold one piece. A CPU computes every shape the same way:
    there, one piece of each length finds what fails.
    """
    edges = {options.longest_s, *(e for e in options.bucket_edges if e < options.longest_s)}
    shapes = {(1, edge) for edge in edges}
    if is_batched:
        fits = {edge: max(1, int(options.max_batch_audio_s / edge)) for edge in edges}
        shapes |= {(min(options.max_batch_items, fits[edge]), edge) for edge in edges}
    return sorted(shapes, key=lambda shape: (shape[0] * shape[1], shape[1]), reverse=True)
