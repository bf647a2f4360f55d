"""Pieces of different lengths as one batch of torch's."""

from collections.abc import Sequence

import torch

from nemo_voice_serving.audio.samples import Samples


def padded(pieces: Sequence[Samples], lengths: Sequence[int], device: torch.device) -> torch.Tensor:
    """Returns the pieces as rows on the device, each padded with silence to its length."""
    signal = torch.zeros((len(pieces), max(lengths)), pin_memory=device.type == "cuda")
    for row, piece in zip(signal.numpy(), pieces, strict=True):
        row[: len(piece)] = piece
    return signal.to(device, non_blocking=True)
