"""A NeMo recogniser's stages on one device: samples to features to frames to tokens.

Features and encoder are every family's; the decoder is a transducer's or CTC's. `backend.py` calls
it, on the device thread only. Never `transcribe()`: that leaves the model in training mode, where a
later call changes its statistics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf

from nemo_voice_serving.nemo.hardware import synchronise
from nemo_voice_serving.nemo.loading import class_named, parameter_count, restore
from nemo_voice_stt.backends.decoder_choice import DecoderChoice
from nemo_voice_stt.backends.encoder_precision import settle_encoder
from nemo_voice_stt.backends.padding import padded
from nemo_voice_stt.backends.transducer_ctc.attention_context import look_far_ahead
from nemo_voice_stt.backends.transducer_ctc.ctc import CtcDecoder
from nemo_voice_stt.backends.transducer_ctc.frame_decoder import FrameDecoder, Tokens
from nemo_voice_stt.backends.transducer_ctc.language_prompts import LanguagePrompts
from nemo_voice_stt.backends.transducer_ctc.transducer import TransducerDecoder
from nemo_voice_stt.backends.transducer_ctc.vocabulary import Vocabulary
from nemo_voice_stt.transcription.port import Clip

NEMOS_STRIDE_S = 0.01
"""From one frame of features to the next, where a checkpoint's configuration does not say."""
_UNUSED = ("loss", "ctc_loss", "wer", "ctc_wer", "_bleu", "spec_augmentation")
"""What a model holds for its training."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a checkpoint is loaded."""

    device: torch.device
    precision: torch.dtype
    decoder: DecoderChoice
    use_cuda_graphs: bool = True
    languages: tuple[str, ...] = ()
    """Those assumed of speech whose language nobody names, the usual one first."""


class Stages:
    """A loaded recogniser, frozen, at rest on its device."""

    def __init__(
        self, model: Any, vocabulary: Vocabulary, decoder: FrameDecoder, options: LoadOptions
    ) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.decoder = decoder
        self.prompts = (
            LanguagePrompts(model, options.languages) if getattr(model, "concat", False) else None
        )
        self.device = options.device
        self.precision = options.precision
        self.sample_rate_hz = int(model.preprocessor._sample_rate)
        stride_s = OmegaConf.select(model.cfg, "preprocessor.window_stride") or NEMOS_STRIDE_S
        self.frame_s = float(model.encoder.subsampling_factor * stride_s)

    @property
    def parameters(self) -> int:
        """How many weights it computes with."""
        return parameter_count(self.model.encoder, *self._after_encoder())

    def decode(self, clips: Sequence[Clip], lengths: Sequence[int]) -> list[Tokens]:
        """Decodes each clip, padded with silence to its length in samples."""
        signal = padded([clip.samples for clip in clips], lengths, self.device)
        with torch.inference_mode():
            frames, frame_lengths = self._encode(signal, lengths)
            if self.prompts is not None:
                frames = self.prompts.apply(frames, [clip.language for clip in clips])
            return self._decode(frames, frame_lengths, [clip.hotwords for clip in clips])

    def size_encoder(self, batch: int, length: int) -> None:
        """Encodes so many clips of that length in samples: what takes the most memory of all.

        Before the decoder's CUDA graph is captured, whose memory is never free for anything else.
        """
        with torch.inference_mode():
            self._encode(torch.zeros((batch, length), device=self.device), [length] * batch)
        synchronise(self.device)

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

    def _encode(
        self, signal: torch.Tensor, lengths: Sequence[int]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        features, feature_lengths = self.model.preprocessor(
            input_signal=signal,
            length=torch.tensor(lengths).to(self.device),
        )
        frames, frame_lengths = self.model.encoder(
            audio_signal=features.to(self.precision), length=feature_lengths
        )
        return frames, frame_lengths

    def _decode(
        self,
        frames: torch.Tensor,
        frame_lengths: torch.Tensor,
        hotwords: Sequence[tuple[str, ...]],
    ) -> list[Tokens]:
        signals = self.vocabulary.signals
        return [
            tuple(token for token in tokens if token.number not in signals)
            for tokens in self.decoder.decode(frames, frame_lengths, hotwords)
        ]

    def _after_encoder(self) -> tuple[torch.nn.Module, ...]:
        prompts = () if self.prompts is None else (self.prompts.kernel,)
        return (*self.decoder.modules, *prompts)

    def settle(self) -> None:
        """Moves it to its device, in its precision."""
        # The features stay float32: a mel filterbank in bfloat16 errs thirty times its rounding.
        self.precision = settle_encoder(self.model.encoder, self.precision)
        rounded = [] if self.prompts is None else [self.prompts.kernel]
        rounded += self.decoder.modules if self.decoder.is_rounded else ()
        for module in rounded:
            module.to(self.precision)
        self.model.to(self.device)
        self.model.eval()


def load_stages(directory: Path, options: LoadOptions) -> Stages:
    """Returns the stages of an unpacked checkpoint, ready on the device.

    Raises:
        UnusableModel: Its files are not whole, or contradict each other.
    """
    model = restore(class_named(directory), directory)
    featurizer = model.preprocessor.featurizer
    featurizer.dither, featurizer.pad_to = 0.0, 0
    look_far_ahead(model.encoder)
    vocabulary = _vocabulary_of(model)
    decoder: FrameDecoder
    if options.decoder is DecoderChoice.CTC:
        layer = getattr(model, "ctc_decoder", None) or model.decoder
        decoder = CtcDecoder(layer, vocabulary)
    else:
        decoder = TransducerDecoder(model, vocabulary, use_cuda_graphs=options.use_cuda_graphs)
    stages = Stages(model, vocabulary, decoder, options)
    _drop_unused(model, decoder)
    stages.settle()
    return stages


def _vocabulary_of(model: Any) -> Vocabulary:
    tokenizer = getattr(model, "tokenizer", None)
    if tokenizer is not None:
        return Vocabulary(tokenizer)
    holder = model.joint if hasattr(model, "joint") else model.decoder
    return Vocabulary(labels=list(holder.vocabulary))


def _drop_unused(model: Any, decoder: FrameDecoder) -> None:
    """Takes away what is not computed with, so that it takes no memory on the device."""
    for name in _UNUSED:
        if name in model._modules:
            model._modules[name] = None
    for name in ("decoder", "joint", "ctc_decoder"):
        own = model._modules.get(name)
        if own is not None and not any(own is used for used in decoder.modules):
            model._modules[name] = None
    if isinstance(decoder, CtcDecoder):
        model.decoding = None  # a transducer's holds its networks too
