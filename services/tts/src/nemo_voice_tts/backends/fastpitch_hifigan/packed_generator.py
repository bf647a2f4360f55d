"""HiFi-GAN's generator on a CPU: the same sound in two thirds of the time, whatever the length.

oneDNN writes machine code for every length of input that it sees, which takes longer than a phrase
does. So a spectrogram is padded to one of few lengths, and what is beyond its end is set to zero
before every layer, as the layer's own padding would be.
"""

import logging
import math
from typing import Any

import torch

from nemo_voice_tts.backends.fastpitch_hifigan.packed_convolutions import (
    NotPackable,
    PackedConvolution,
    PackedUpsampling,
    blank_signal,
    packed,
    packed_into_one,
    silence_after,
)

logger = logging.getLogger(__name__)

STEP = 32
"""Frames: the lengths of runs are multiples of it."""
_USUAL_FRAMES = 128
_LAST_SLOPE = 0.01
"""Of the negative values before the last layer, as NeMo has it."""
_MOST_SAMPLES_AT_A_TIME = 16
_CHECKED_FRAMES = 20
_MOST_DIFFERENCE = {torch.float32: 1e-4, torch.bfloat16: 0.05}
"""How far a sample of the checked sound, which is between -1 and 1, may be from NeMo's."""


class PackedGenerator:
    """A generator of a `HifiGanModel`, packed for a CPU."""

    def __init__(self, generator: Any) -> None:
        """Takes a generator without weight norm.

        Raises:
            NotPackable: It is not built like NeMo's own.
        """
        samples = _USUAL_FRAMES
        self._first = packed(generator.conv_pre, samples)
        self._dtype = generator.conv_pre.weight.dtype
        self.mel_count = int(generator.conv_pre.in_channels)
        self._slope = float(generator.lrelu_slope)
        self._stages: list[tuple[PackedUpsampling, list[_Block]]] = []
        scale = 1.0
        for layer, blocks in zip(generator.ups, generator.resblocks, strict=True):
            upsampling = PackedUpsampling(layer, scale=scale, usual_samples=samples)
            samples *= layer.stride[0]
            self._stages.append((upsampling, [_Block(b, self._slope, samples) for b in blocks]))
            # The mean of the blocks is their sum here: the next layer's weights are divided.
            scale = 1.0 / len(blocks)
        self.hop_samples = samples // _USUAL_FRAMES
        step = math.gcd(self.hop_samples, _MOST_SAMPLES_AT_A_TIME)
        self._last = packed_into_one(
            generator.conv_post, scale=scale, step=step, usual_samples=samples
        )

    def sound(self, mel: torch.Tensor) -> torch.Tensor:
        """Returns the sound of a spectrogram, in samples between -1 and 1.

        Args:
            mel: Of the shape [mel bands, frames].
        """
        frames = mel.shape[1]
        width = -(-frames // STEP) * STEP
        signal = blank_signal(self.mel_count, width, self._dtype)
        signal[0, :, 0, :frames] = mel
        signal = silence_after(self._first(signal, negative_slope=self._slope), frames)
        slopes = [*[self._slope] * (len(self._stages) - 1), _LAST_SLOPE]
        for (upsampling, blocks), slope_after in zip(self._stages, slopes, strict=True):
            signal = upsampling(signal)
            samples = frames * (signal.shape[3] // width)
            total = _sum(blocks, signal, samples, self._slope)
            signal = torch.nn.functional.leaky_relu_(total, slope_after)
            signal = silence_after(signal, samples)
        sound = self._last(signal).permute(0, 2, 3, 1).reshape(-1)
        return sound[: frames * self.hop_samples].float().tanh_()


class _Block:
    """A residual block: steps of one convolution, or of two with the slope between them."""

    def __init__(self, block: Any, slope: float, usual_samples: int) -> None:
        if block.lrelu_slope != slope:
            raise NotPackable("its layers have different slopes")
        self._slope = slope
        lasts = getattr(block, "convs2", None)
        firsts = block.convs if lasts is None else block.convs1
        self._steps: list[tuple[PackedConvolution | None, PackedConvolution]] = [
            (None, packed(layer, usual_samples))
            if lasts is None
            else (packed(layer, usual_samples), packed(lasts[place], usual_samples))
            for place, layer in enumerate(firsts)
        ]

    def added(
        self, signal: torch.Tensor, sloped: torch.Tensor, total: torch.Tensor | None, samples: int
    ) -> torch.Tensor:
        """Returns the total plus the block's output.

        Args:
            signal: The block's input.
            sloped: The same with the slope, and silence after its end.
            total: What is added to, in place; may be absent.
            samples: Where the signal ends.
        """
        for place, (first, last) in enumerate(self._steps, start=1):
            if first is not None:
                sloped = silence_after(first(sloped, negative_slope=self._slope), samples)
            if place == len(self._steps) and total is not None:
                total.add_(signal)
                last.add_to(total, sloped)
                return total
            signal = last.plus(sloped, signal)
            if place < len(self._steps):
                sloped = torch.nn.functional.leaky_relu(signal, self._slope)
                sloped = silence_after(sloped, samples)
        return signal


def _sum(blocks: list[_Block], signal: torch.Tensor, samples: int, slope: float) -> torch.Tensor:
    sloped = silence_after(torch.nn.functional.leaky_relu(signal, slope), samples)
    total: torch.Tensor | None = None
    for block in blocks:
        total = block.added(signal, sloped, total, samples)
    assert total is not None  # noqa: S101 a stage has blocks
    return total


@torch.inference_mode()  # type: ignore[untyped-decorator,unused-ignore]  # torch is untyped here
def packed_generator(generator: Any) -> PackedGenerator | None:
    """Returns the generator packed, or None, logged, where it would not sound the same."""
    dtype = generator.conv_pre.weight.dtype
    if dtype not in _MOST_DIFFERENCE:
        return None
    try:
        made = PackedGenerator(generator)
        difference = _difference(made, generator)
    # Torch may have been built without the operators, or the processor lack the format.
    except (NotPackable, RuntimeError, AttributeError, NotImplementedError) as error:
        reason = str(error)
    else:
        if difference <= _MOST_DIFFERENCE[dtype]:
            return made
        reason = f"it would sound different by {difference:.1e}"
    logger.warning("the vocoder runs as NeMo computes it", extra={"reason": reason})
    return None


def _difference(made: PackedGenerator, generator: Any) -> float:
    seeded = torch.Generator().manual_seed(0)
    mel = torch.empty(made.mel_count, _CHECKED_FRAMES).uniform_(-8, 0, generator=seeded)
    plain = generator(x=mel[None].to(generator.conv_pre.weight.dtype))[0, 0]
    return float((made.sound(mel) - plain).abs().max())
