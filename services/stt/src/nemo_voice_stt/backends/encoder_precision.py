"""The number format of an encoder, whatever decodes its frames."""

import torch
from nemo.collections.asr.modules import ConformerEncoder

from nemo_voice_serving.nemo.int8 import quantise
from nemo_voice_serving.nemo.torch_setup import UnusablePrecision


def settle_encoder(encoder: torch.nn.Module, precision: torch.dtype) -> torch.dtype:
    """Turns an encoder into a number format and returns that of its features and frames.

    Raises:
        UnusablePrecision: int8, and the encoder is no Conformer: others are mostly convolutions.
    """
    if precision is not torch.int8:
        encoder.to(precision)
        return precision
    if not isinstance(encoder, ConformerEncoder):
        raise UnusablePrecision(
            f"int8 is for Conformers, and this checkpoint's encoder is a {type(encoder).__name__}. "
            "Set NEMO_VOICE_PRECISION=auto."
        )
    quantise(encoder)
    return torch.float32
