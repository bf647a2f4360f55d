"""Implements the port to a recogniser with the direct stages of an NVIDIA NeMo model.

Importing this module is cheap; `load_recogniser` imports torch and NeMo, which takes seconds.
Everything happens on the device thread.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from nemo_voice_serving.batching.backend import ModelDescription
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import facts_in
from nemo_voice_stt.backends.batches import recognise_audible, warm_up_shapes, warm_up_speech
from nemo_voice_stt.backends.decoder_choice import decoder_of
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.word_times import Timing, words_of
from nemo_voice_stt.transcription.port import Abilities, Clip, Recogniser, Recognition
from nemo_voice_stt.transcription.writing import joined

if TYPE_CHECKING:
    from nemo_voice_stt.backends.transducer_ctc.decoding_pipeline import Stages
    from nemo_voice_stt.transcription.streaming_port import StreamingRecogniser

logger = logging.getLogger(__name__)


class NemoRecogniser(Recogniser):
    """A transducer (TDT or RNNT), a CTC model or a hybrid, prompted or not, behind the port."""

    streaming: "StreamingRecogniser | None" = None

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

    @property
    def stages(self) -> "Stages":
        """What it computes with, for what hears live audio with the same."""
        return self._stages

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
            speech = warm_up_speech(options, self.description.languages, stages.sample_rate_hz)
            for items, seconds in shapes:
                report(f"{items} x {seconds:g} s")
                clip = Clip(np.resize(speech, round(seconds * stages.sample_rate_hz)))
                self._recognise([clip] * items)
        if self.streaming is not None:
            self.streaming.warm_up(report)

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        from nemo_voice_serving.nemo.hardware import guarded  # noqa: PLC0415

        rate_hz, most = self._stages.sample_rate_hz, self._options.max_batch_items
        with guarded():
            return recognise_audible(batch, rate_hz, most, self._recognise)

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
        return self._options.padded_length(samples, self._stages.sample_rate_hz)


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
    # Imported here: NeMo takes seconds to import, and `--help` should not.
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
