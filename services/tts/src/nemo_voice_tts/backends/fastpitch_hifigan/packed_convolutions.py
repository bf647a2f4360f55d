"""Convolutions over time as a CPU computes them quickest: weights packed once, channels last.

They call the operators of oneDNN that torch's own compiler calls. `torch.nn.Conv1d` lays weights,
input and output out anew at each call, which takes as long as the arithmetic of a small layer.

A signal has the shape [1, channels, 1, samples], and in memory the channels of a sample lie side by
side.
"""

from typing import Any

import torch

_NEGATIVE_PART = "leaky_relu"


class NotPackable(Exception):
    """The layer is not built as this module expects; the message says how."""


def blank_signal(channels: int, samples: int, dtype: torch.dtype) -> torch.Tensor:
    """Returns a signal of zeros."""
    return torch.zeros(1, samples, channels, dtype=dtype).transpose(1, 2)[:, :, None]


def silence_after(signal: torch.Tensor, samples: int) -> torch.Tensor:
    """Returns the signal, set to zero in place from that sample on."""
    if samples < signal.shape[3]:
        signal[..., samples:].zero_()
    return signal


class PackedConvolution:
    """A convolution whose output is as long as its input."""

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        *,
        padding: int,
        dilation: int = 1,
        stride: int = 1,
        usual_samples: int,
    ) -> None:
        """Takes the weight as `torch.nn.Conv1d` has it.

        Args:
            weight: Of the shape [outputs, inputs, kernel].
            bias: Of the outputs.
            padding: Zeros at each end of the input.
            dilation: Samples from one tap of the kernel to the next.
            stride: Samples from one output to the next.
            usual_samples: Length of input for which the weight is laid out; any other works too.
        """
        self._shape = ([0, padding], [1, stride], [1, dilation], 1)
        self._bias = None if bias is None else bias.clone()
        self._weight = torch.ops.mkldnn._reorder_convolution_weight(
            weight[:, :, None].contiguous(), *self._shape, [1, weight.shape[1], 1, usual_samples]
        )

    def __call__(self, signal: torch.Tensor, *, negative_slope: float | None = None) -> Any:
        """Returns the convolved signal; negative values times the slope, where there is one."""
        after = ("none", []) if negative_slope is None else (_NEGATIVE_PART, [negative_slope])
        return torch.ops.mkldnn._convolution_pointwise(
            signal, self._weight, self._bias, *self._shape, *after, ""
        )

    def plus(self, signal: torch.Tensor, other: torch.Tensor) -> Any:
        """Returns the sum of the convolved signal and another."""
        return torch.ops.mkldnn._convolution_pointwise.binary(
            signal, other, self._weight, self._bias, *self._shape, "add", None, None, [], None
        )

    def add_to(self, total: torch.Tensor, signal: torch.Tensor) -> None:
        """Adds the convolved signal to a total, in place."""
        torch.ops.mkldnn._convolution_pointwise_.binary(
            total, signal, self._weight, self._bias, *self._shape, "add", None, None, [], None
        )


class PackedUpsampling:
    """A transposed convolution, as one convolution with an output for each phase of the stride.

    Channels last, the phases of a sample already lie in the order of the upsampled signal.
    """

    def __init__(self, layer: Any, *, scale: float, usual_samples: int) -> None:
        """Takes a `torch.nn.ConvTranspose1d`.

        Args:
            layer: The layer.
            scale: A factor of its input.
            usual_samples: As for `PackedConvolution`.

        Raises:
            NotPackable: Its output is not `stride` times as long as its input.
        """
        kernel, stride, padding = layer.kernel_size[0], layer.stride[0], layer.padding[0]
        extra = layer.output_padding[0]
        _require(_is_plain(layer) and layer.dilation[0] == 1, "it is dilated or in groups")
        _require(kernel - 2 * padding + extra == stride, "it does not upsample by its stride")
        _require(padding >= extra, "its output is padded by more than its input")
        inputs, outputs, _ = layer.weight.shape
        taps = -(-kernel // stride)
        weight = torch.nn.functional.pad(layer.weight * scale, (0, taps * stride - kernel))
        # Output q * stride + r is the sum over j of input q - j times weight j * stride + r.
        by_phase = weight.view(inputs, outputs, taps, stride).flip(2).permute(3, 1, 0, 2)
        self._convolution = PackedConvolution(
            by_phase.reshape(stride * outputs, inputs, taps),
            None if layer.bias is None else layer.bias.repeat(stride),
            padding=taps - 1,
            usual_samples=usual_samples,
        )
        self._stride, self._outputs, self._padding = stride, outputs, padding

    def __call__(self, signal: torch.Tensor) -> torch.Tensor:
        """Returns the signal, `stride` times as long."""
        samples = signal.shape[3] * self._stride
        phases = self._convolution(signal)
        whole = phases.permute(0, 2, 3, 1).reshape(1, 1, -1, self._outputs)
        return whole[:, :, self._padding : self._padding + samples].permute(0, 3, 1, 2)


def packed(layer: Any, usual_samples: int) -> PackedConvolution:
    """Returns a `torch.nn.Conv1d` packed.

    Raises:
        NotPackable: Its output is not as long as its input.
    """
    kernel, dilation, padding = layer.kernel_size[0], layer.dilation[0], layer.padding
    _require(_is_plain(layer) and layer.stride[0] == 1, "it has a stride or groups")
    _require(padding == ((kernel - 1) * dilation // 2,), "its input is not padded at both ends")
    _require(kernel % 2 == 1, "its kernel is even")
    return PackedConvolution(
        layer.weight,
        layer.bias,
        padding=padding[0],
        dilation=dilation,
        usual_samples=usual_samples,
    )


def packed_into_one(layer: Any, *, scale: float, step: int, usual_samples: int) -> Any:
    """Returns a `torch.nn.Conv1d` of one output, that makes `step` samples of it at a time.

    A row of outputs fills the processor's registers, where a single one leaves them empty.

    Args:
        layer: The layer.
        scale: A factor of its input.
        step: How many samples; the channels of its output are samples in order.
        usual_samples: As for `PackedConvolution`.

    Raises:
        NotPackable: It has several outputs, or they are not as long as its input.
    """
    packed(layer, usual_samples)
    kernel = layer.kernel_size[0]
    _require(layer.weight.shape[0] == 1 and layer.dilation[0] == 1, "it has several outputs")
    weight = layer.weight.new_zeros(step, layer.weight.shape[1], kernel + step - 1)
    for place in range(step):
        weight[place, :, place : place + kernel] = layer.weight[0] * scale
    return PackedConvolution(
        weight,
        None if layer.bias is None else layer.bias.repeat(step),
        padding=layer.padding[0],
        stride=step,
        usual_samples=usual_samples,
    )


def _is_plain(layer: Any) -> bool:
    return bool(layer.groups == 1 and layer.padding_mode == "zeros")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise NotPackable(what)
