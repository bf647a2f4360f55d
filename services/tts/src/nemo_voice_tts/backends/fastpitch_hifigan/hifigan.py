"""HiFi-GAN: stretches of spectrograms to sound.

`backend.py` calls it on the device thread.
"""

import contextlib
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nemo.collections.tts.models import HifiGanModel

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.nemo.loading import require_class, restore
from nemo_voice_tts.backends.fastpitch_hifigan.packed_generator import STEP, packed_generator
from nemo_voice_tts.backends.fastpitch_hifigan.vocoder_windows import (
    UpsamplingStage,
    context_frames,
)
from nemo_voice_tts.synthesis.port import Window


class HifiGan:
    """The generator of a HiFi-GAN model on a device."""

    def __init__(self, model: Any, device: torch.device, precision: torch.dtype) -> None:
        self._generator = model.generator
        self._packed = packed_generator(model.generator) if device.type == "cpu" else None
        self._device = device
        self._precision = precision
        self.model = model
        self.sample_rate_hz = int(model.sample_rate)
        self.mel_count = int(model.generator.conv_pre.in_channels)
        self.hop_samples = math.prod(layer.stride[0] for layer in model.generator.ups)
        self.context_frames = _context_frames(model.generator)

    @torch.inference_mode()  # type: ignore[untyped-decorator,unused-ignore]  # torch is untyped here
    def waveforms(self, windows: Sequence[Window]) -> list[Samples]:
        """Returns the kept sound of each window; all windows have the same number of frames."""
        mels = [
            window.spectrogram.frames[:, window.start : window.start + window.frame_count]
            for window in windows
        ]
        if self._packed is not None:
            rows = [self._packed.sound(mel).numpy() for mel in mels]
        else:
            sound = self._generator(x=torch.stack(mels).to(self._precision)).squeeze(1)
            rows = list(sound.float().clamp_(-1.0, 1.0).cpu().numpy())
        return [self._kept(row, window) for row, window in zip(rows, windows, strict=True)]

    def padded_lengths(self, most_frames: int) -> range:
        """Returns the lengths in frames that runs have in truth; none where each has its own."""
        return range(STEP, most_frames + 1, STEP) if self._packed is not None else range(0)

    def _kept(self, row: Samples, window: Window) -> Samples:
        first = (window.keep_start - window.start) * self.hop_samples
        last = (window.keep_end - window.start) * self.hop_samples
        return np.ascontiguousarray(row[first:last], dtype=np.float32)


def load_hifigan(directory: Path, device: torch.device, precision: torch.dtype) -> HifiGan:
    """Returns the model from its unpacked files, ready to run, without what only training needs.

    Raises:
        UnusableModel: It is a model of another kind.
    """
    require_class(HifiGanModel, directory)
    model = restore(HifiGanModel, directory)
    del model.mpd, model.msd
    # NeMo announces this on standard output.
    with contextlib.redirect_stdout(None), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model.generator.remove_weight_norm()
    model.requires_grad_(requires_grad=False)
    model.to(device)
    model.generator.to(precision)
    return HifiGan(model, device, precision)


def _context_frames(generator: Any) -> int:
    stages = [
        UpsamplingStage(
            kernel=layer.kernel_size[0],
            stride=layer.stride[0],
            padding=layer.padding[0],
            residual_reach=max(_residual_reach(block) for block in blocks),
        )
        for layer, blocks in zip(generator.ups, generator.resblocks, strict=True)
    ]
    return context_frames(_reach(generator.conv_pre), stages, _reach(generator.conv_post))


def _residual_reach(block: Any) -> int:
    return sum(_reach(layer) for layer in block.modules() if isinstance(layer, torch.nn.Conv1d))


def _reach(layer: Any) -> int:
    return int((layer.kernel_size[0] - 1) // 2 * layer.dilation[0])
