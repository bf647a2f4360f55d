"""Times the words of a transcript with the CTC model that canary-1b-v2 carries in its archive."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from nemo.collections.asr.models import EncDecCTCModelBPE
from nemo.collections.asr.parts.utils.rnnt_utils import Hypothesis
from nemo.collections.asr.parts.utils.timestamp_utils import (
    get_forced_aligned_timestamps_with_external_model,
)

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.model_kinds.config import read_config
from nemo_voice_serving.model_kinds.safety import refuse_foreign_class, refuse_unsafe
from nemo_voice_serving.nemo.loading import CONFIG_FILE, WEIGHTS_FILE, UnusableModel, restore
from nemo_voice_stt.backends.canary.time_tokens import Span
from nemo_voice_stt.backends.encoder_precision import settle_encoder
from nemo_voice_stt.backends.padding import padded

logger = logging.getLogger(__name__)

PREFIX = "timestamps_asr_"
"""Begins the names of its files, beside those of the model."""
_CLASS = "EncDecCTCModelBPE"


class Aligner:
    """The CTC model, frozen, at rest on its device."""

    def __init__(self, model: Any, device: torch.device, precision: torch.dtype) -> None:
        self.model = model
        self._device = device
        self._precision = precision

    def spans(
        self, pieces: Sequence[Samples], lengths: Sequence[int], texts: Sequence[str]
    ) -> list[list[Span]]:
        """Returns the words of each text and when they are spoken, without times where none fit.

        Args:
            pieces: At the model's rate.
            lengths: In samples; each piece is padded with silence to its own.
            texts: What is said in each.
        """
        heard = self._heard(pieces, lengths)
        return [self._aligned(one, text) for one, text in zip(heard, texts, strict=True)]

    def _heard(self, pieces: Sequence[Samples], lengths: Sequence[int]) -> list[torch.Tensor]:
        """Returns each piece's logarithms of probabilities, frames by tokens."""
        model = self.model
        with torch.inference_mode():
            features, feature_lengths = model.preprocessor(
                input_signal=padded(pieces, lengths, self._device),
                length=torch.tensor(lengths).to(self._device),
            )
            frames, counts = model.encoder(
                audio_signal=features.to(self._precision), length=feature_lengths
            )
            logprobs = model.decoder(encoder_output=frames).float()
        return [one[:count] for one, count in zip(logprobs, counts.tolist(), strict=True)]

    def _aligned(self, logprobs: torch.Tensor, text: str) -> list[Span]:
        words = text.split()
        untimed = [Span(word, None, None) for word in words]
        if not words:
            return []
        text = " ".join(words)
        try:
            with torch.inference_mode():
                (timed,) = get_forced_aligned_timestamps_with_external_model(
                    audio=[Hypothesis(score=0.0, y_sequence=logprobs, text=text)],
                    external_ctc_model=self.model,
                    main_model_predictions=[Hypothesis(score=0.0, y_sequence=[], text=text)],
                    batch_size=1,
                    viterbi_device=self._device,
                    timestamp_type="word",
                    has_hypotheses=True,
                    verbose=False,
                )
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
            # One text that cannot be aligned must not fail the batch of others; its words are in
            # the error's message.
            logger.warning("words are not aligned", extra={"error": type(error).__name__})
            return untimed
        found = timed.timestamp["word"]
        if [one["word"] for one in found] != words:
            return untimed
        return [
            Span(word, _known(one["start"]), _known(one["end"]))
            for word, one in zip(words, found, strict=True)
        ]


def load_aligner(directory: Path, device: torch.device, precision: torch.dtype) -> Aligner | None:
    """Returns the aligner of an unpacked checkpoint; None where it carries none.

    Raises:
        RefusedConfig: Its configuration would load something else with it.
        UnusableModel: It is no CTC model.
    """
    config, weights = (directory / f"{PREFIX}{name}" for name in (CONFIG_FILE, WEIGHTS_FILE))
    if not (config.is_file() and weights.is_file()):
        return None
    settings = read_config(config.read_bytes())
    refuse_unsafe(settings)
    target = settings.text("target") or ""
    refuse_foreign_class(target, "asr")
    if target.rpartition(".")[2] != _CLASS:
        raise UnusableModel(f"its aligner is {target}, where a {_CLASS} is expected")
    model = restore(EncDecCTCModelBPE, directory, prefix=PREFIX)
    precision = settle_encoder(model.encoder, precision)
    model.decoder.to(precision)
    model.to(device)
    model.eval()
    return Aligner(model, device, precision)


def _known(time_s: float) -> float | None:
    return time_s if time_s >= 0 else None
