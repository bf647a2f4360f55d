"""Linear layers in 8-bit integers, for processors that multiply those several times as fast.

Each row of what comes in (a frame) gets its own scale, and each row of the weights: so what a frame
becomes does not depend on the others of its batch.
"""

import torch
from typing_extensions import override

_LARGEST = 127.0
_LEAST = 1e-12
"""Instead of the zero by which a row of zeros would be divided."""


class Int8Linear(torch.nn.Linear):  # type: ignore[misc] # torch is untyped here
    """A linear layer whose weights are 8-bit integers; it takes and returns float32."""

    weight: torch.nn.Parameter
    scales: torch.Tensor

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        """Rounds the weights of another layer: a row of inputs for each output."""
        outputs, inputs = weight.shape
        super().__init__(inputs, outputs, bias=bias is not None, device="meta")
        scales = weight.detach().abs().amax(1).clamp(min=_LEAST) / _LARGEST
        rounded = (weight.detach() / scales[:, None]).round_().to(torch.int8)
        # Still parameters, so that a description counts them.
        self.weight = torch.nn.Parameter(rounded, requires_grad=False)
        self.register_buffer("scales", scales.float())
        if bias is not None:
            self.bias = torch.nn.Parameter(bias.detach().float(), requires_grad=False)

    @override
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        rows = input.reshape(-1, self.in_features)
        # Without `abs`, whose result would be written to memory; one pass over it is a tenth of
        # the multiplication.
        largest = torch.maximum(rows.amax(1, keepdim=True), rows.amin(1, keepdim=True).neg_())
        largest.clamp_(min=_LEAST)
        rounded = rows.mul(_LARGEST / largest).round_().to(torch.int8)
        # Converted first: torch multiplies integers by fractions seventeen times as slowly.
        product = torch._int_mm(rounded, self.weight.t()).float()  # noqa: SLF001 torch has no other
        product.mul_(self.scales).mul_(largest.div_(_LARGEST))
        if self.bias is not None:
            product.add_(self.bias)
        return product.view(*input.shape[:-1], self.out_features)


class _PointwiseConvolution(torch.nn.Module):  # type: ignore[misc] # torch is untyped here
    """A convolution over single frames as the linear layer that it is."""

    def __init__(self, convolution: torch.nn.Conv1d) -> None:
        super().__init__()
        self.linear = Int8Linear(convolution.weight.squeeze(-1), convolution.bias)

    @override
    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.linear(frames.transpose(1, 2))
        return made.transpose(1, 2)


def quantise(module: torch.nn.Module) -> None:
    """Puts `Int8Linear` in the place of a module's linear layers and pointwise convolutions."""
    for name, child in list(module.named_children()):
        if type(child) is torch.nn.Linear:
            setattr(module, name, Int8Linear(child.weight, child.bias))
        elif type(child) is torch.nn.Conv1d and _is_pointwise(child):
            setattr(module, name, _PointwiseConvolution(child))
        else:
            quantise(child)


def _is_pointwise(convolution: torch.nn.Conv1d) -> bool:
    return bool(convolution.kernel_size == (1,) == convolution.stride and convolution.groups == 1)
