"""A NeMo transducer's three stages on one device: samples to features to frames to tokens.

`backend.py` calls it, on the device thread only. Never `transcribe()`: that leaves the model in
training mode, where a later call changes its statistics.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from nemo.collections.asr.models import EncDecHybridRNNTCTCBPEModel, EncDecRNNTBPEModel
from omegaconf import DictConfig, OmegaConf

from nemo_voice_serving.nemo.hardware import synchronise
from nemo_voice_serving.nemo.loading import UnusableModel, read_config, restore
from nemo_voice_stt.backends.tdt.emissions import Emission, emissions
from nemo_voice_stt.backends.tdt.phrase_boosting import BoostedDecoder
from nemo_voice_stt.backends.tdt.word_times import Token
from nemo_voice_stt.transcription.port import Clip

logger = logging.getLogger(__name__)

MODEL_CLASSES = {
    "EncDecRNNTBPEModel": EncDecRNNTBPEModel,
    "EncDecHybridRNNTCTCBPEModel": EncDecHybridRNNTCTCBPEModel,
}
"""The NeMo classes these stages run, by the last part of a checkpoint's `target`."""

DEFAULT_MAX_SYMBOLS = 10
"""Most tokens from one encoder frame, where the checkpoint does not say; a graph needs a bound."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the decoder made of one piece."""

    text: str
    tokens: tuple[Token, ...]


class Stages:
    """A loaded transducer, frozen, at rest on its device."""

    def __init__(self, model: Any, device: torch.device, precision: torch.dtype) -> None:
        self.model = model
        self.device = device
        self.precision = precision
        self.sample_rate_hz = int(model.preprocessor._sample_rate)
        self.frame_s = float(
            model.encoder.subsampling_factor * model.cfg.preprocessor.window_stride
        )
        numbers = range(model.tokenizer.vocab_size)
        self._pieces: list[str] = model.tokenizer.ids_to_tokens(list(numbers))

    @cached_property
    def _boosted(self) -> BoostedDecoder:
        # Made for the first hotword: it reserves 70 MB, which most services never need.
        with torch.inference_mode(mode=False):
            return BoostedDecoder(self.model)

    def text_of(self, numbers: list[int]) -> str:
        """Returns what a list of token numbers spells."""
        return str(self.model.tokenizer.ids_to_text(numbers))

    def decode(self, clips: Sequence[Clip], lengths: Sequence[int]) -> list[Decoded]:
        """Decodes each clip, padded with silence to its length in samples."""
        signal = torch.zeros((len(clips), max(lengths)), pin_memory=self.device.type == "cuda")
        for row, clip in zip(signal.numpy(), clips, strict=True):
            row[: len(clip.samples)] = clip.samples
        with torch.inference_mode():
            features, feature_lengths = self.model.preprocessor(
                input_signal=signal.to(self.device, non_blocking=True),
                length=torch.tensor(lengths).to(self.device),
            )
            frames, frame_lengths = self.model.encoder(
                audio_signal=features.to(self.precision), length=feature_lengths
            )
            return self._decode(frames, frame_lengths, [clip.hotwords for clip in clips])

    def size_decoder(self, batch: int, length: int) -> None:
        """Decodes once at the largest size, so that its CUDA graph is captured before traffic.

        A graph that was captured smaller is captured again when a larger batch comes.
        """
        count = int(length / self.sample_rate_hz / self.frame_s) + 2
        shape = (batch, self.model.encoder._feat_out, count)
        with torch.inference_mode():
            frames = torch.zeros(shape, dtype=self.precision, device=self.device)
            self._decode(frames, torch.full((batch,), count, device=self.device), [()] * batch)
        synchronise(self.device)

    def graph_mode(self) -> str:
        """Returns how the decoder's loop runs: a kind of CUDA graph, or `none`."""
        computer = getattr(self.model.decoding.decoding, "decoding_computer", None)
        mode = getattr(computer, "cuda_graphs_mode", None) if self.device.type == "cuda" else None
        return "none" if mode is None else str(getattr(mode, "value", mode))

    def _decode(
        self,
        frames: torch.Tensor,
        frame_lengths: torch.Tensor,
        hotwords: Sequence[tuple[str, ...]],
    ) -> list[Decoded]:
        hypotheses = self._hypotheses(frames, frame_lengths, hotwords)
        numbers = [hypothesis.y_sequence.tolist() for hypothesis in hypotheses]
        starts = [hypothesis.timestamp.tolist() for hypothesis in hypotheses]
        emitted = emissions(self.model, frames, numbers, starts)
        return [
            Decoded(
                hypothesis.text.strip(),
                self._tokens(
                    numbers[row],
                    starts[row],
                    emitted[row],
                    hypothesis.non_blank_step_confidence_precomputed,
                ),
            )
            for row, hypothesis in enumerate(hypotheses)
        ]

    def _hypotheses(
        self,
        frames: torch.Tensor,
        frame_lengths: torch.Tensor,
        hotwords: Sequence[tuple[str, ...]],
    ) -> list[Any]:
        """Returns each row's hypothesis; rows with hotwords are decoded apart."""
        plain = [row for row, wanted in enumerate(hotwords) if not wanted]
        boosted = [row for row, wanted in enumerate(hotwords) if wanted]
        if not boosted:
            return self._plainly(frames, frame_lengths)
        found: dict[int, Any] = {}
        if plain:
            found |= zip(plain, self._plainly(frames[plain], frame_lengths[plain]), strict=True)
        found_boosted = self._boosted_or_plainly(
            frames[boosted], frame_lengths[boosted], [hotwords[row] for row in boosted]
        )
        found |= zip(boosted, found_boosted, strict=True)
        return [found[row] for row in range(len(hotwords))]

    def _boosted_or_plainly(
        self,
        frames: torch.Tensor,
        frame_lengths: torch.Tensor,
        hotwords: Sequence[tuple[str, ...]],
    ) -> list[Any]:
        try:
            return self._boosted.decode(frames, frame_lengths, hotwords)
        except Exception:
            # One request's hotwords must not fail the batch of others.
            logger.exception("hotwords are not used")
            return self._plainly(frames, frame_lengths)

    def _plainly(self, frames: torch.Tensor, frame_lengths: torch.Tensor) -> list[Any]:
        hypotheses: list[Any] = self.model.decoding.rnnt_decoder_predictions_tensor(
            frames, frame_lengths, return_hypotheses=True
        )
        return hypotheses

    def _tokens(
        self,
        numbers: list[int],
        starts: list[int],
        emitted: list[Emission],
        confidences: list[float] | None,
    ) -> tuple[Token, ...]:
        known: Sequence[float | None] = confidences or [None] * len(numbers)
        return tuple(
            Token(number, self._pieces[number], start, start + one.frames, certain, one.logprob)
            for number, start, one, certain in zip(numbers, starts, emitted, known, strict=True)
        )


def load_stages(
    directory: Path, device: torch.device, precision: torch.dtype, *, use_cuda_graphs: bool
) -> Stages:
    """Returns the stages of an unpacked checkpoint, ready on the device.

    Raises:
        UnusableModel: The checkpoint is of a class that has no such stages.
    """
    target = str(read_config(directory).target)
    model_class = MODEL_CLASSES.get(target.rpartition(".")[2])
    if model_class is None:
        known = " and ".join(MODEL_CLASSES)
        raise UnusableModel(f"the checkpoint is a {target}; this service runs {known}")
    model = restore(model_class, directory)
    featurizer = model.preprocessor.featurizer
    featurizer.dither, featurizer.pad_to = 0.0, 0
    model.change_decoding_strategy(
        _decoding_of(model.cfg.decoding, use_cuda_graphs=use_cuda_graphs), verbose=False
    )
    # The features stay float32: a mel filterbank in bfloat16 errs thirty times its rounding.
    for module in (model.encoder, model.decoder, model.joint):
        module.to(precision)
    model.to(device)
    model.eval()
    return Stages(model, device, precision)


def _decoding_of(stored: DictConfig, *, use_cuda_graphs: bool) -> DictConfig:
    ours = {
        "strategy": "greedy_batch",
        "compute_timestamps": False,  # word_times.py computes them, from emissions.py
        "tdt_include_token_duration": False,
        "preserve_alignments": False,
        "greedy": {
            "max_symbols": OmegaConf.select(stored, "greedy.max_symbols") or DEFAULT_MAX_SYMBOLS,
            "use_cuda_graph_decoder": use_cuda_graphs,
        },
        "confidence_cfg": {
            "preserve_frame_confidence": True,
            "exclude_blank": True,
            "method_cfg": {
                "name": "entropy",
                "entropy_type": "tsallis",
                "alpha": 0.33,
                "entropy_norm": "lin",
            },
        },
    }
    decoding = OmegaConf.create(OmegaConf.to_container(stored, resolve=True))
    OmegaConf.set_struct(decoding, value=False)
    return OmegaConf.merge(decoding, ours)
