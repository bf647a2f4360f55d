"""What the two families of decoders share: from an encoder's frames to tokens."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from omegaconf import DictConfig, OmegaConf

from nemo_voice_serving.nemo.hardware import is_out_of_memory
from nemo_voice_stt.backends.transducer_ctc.phrase_boosting import Hotwords
from nemo_voice_stt.backends.transducer_ctc.tokens import Token

logger = logging.getLogger(__name__)

Tokens = tuple[Token, ...]
Decoding = Callable[[torch.Tensor, torch.Tensor, Sequence[Hotwords]], list[Tokens]]

CONFIDENCE: DictConfig = OmegaConf.create(
    {"name": "entropy", "entropy_type": "tsallis", "alpha": 0.33, "entropy_norm": "lin"}
)
"""How sure a decoder is of a token, between 0 and 1: the measure that NeMo's authors found best."""


class FrameDecoder(Protocol):
    """A checkpoint's decoder, at rest on its device; on the device thread only."""

    modules: tuple[torch.nn.Module, ...]
    """What it computes with."""
    is_rounded: bool
    """Whether it computes in the encoder's precision, and not always in float32."""

    def decode(
        self, frames: torch.Tensor, frame_lengths: torch.Tensor, hotwords: Sequence[Hotwords]
    ) -> list[Tokens]:
        """Returns each row's tokens.

        Args:
            frames: The encoder's output, as batch, width and time.
            frame_lengths: How many frames of each row are of its audio.
            hotwords: Each row's own.
        """
        ...

    def graph_mode(self) -> str:
        """Returns how the decoder's loop runs: a kind of CUDA graph, or `none`."""
        ...


def decode_apart(
    frames: torch.Tensor,
    frame_lengths: torch.Tensor,
    hotwords: Sequence[Hotwords],
    plainly: Callable[[torch.Tensor, torch.Tensor], list[Tokens]],
    boosted: Decoding,
) -> list[Tokens]:
    """Returns each row's tokens; rows with hotwords are decoded apart, and plainly if that fails.

    Args:
        frames: The encoder's output, as batch, width and time.
        frame_lengths: How many frames of each row are of its audio.
        hotwords: Each row's own; none for most.
        plainly: Decodes rows without hotwords.
        boosted: Decodes rows with hotwords.
    """
    rows = [row for row, wanted in enumerate(hotwords) if wanted]
    if not rows:
        return plainly(frames, frame_lengths)
    others = [row for row, wanted in enumerate(hotwords) if not wanted]
    found: dict[int, Tokens] = {}
    if others:
        found |= zip(others, plainly(frames[others], frame_lengths[others]), strict=True)
    own_frames, own_lengths = frames[rows], frame_lengths[rows]
    try:
        own = boosted(own_frames, own_lengths, [hotwords[row] for row in rows])
    except Exception as error:
        if is_out_of_memory(error):  # a smaller batch is tried, with its hotwords
            raise
        # One request's hotwords must not fail the batch of others.
        logger.exception("hotwords are not used")
        own = plainly(own_frames, own_lengths)
    found |= zip(rows, own, strict=True)
    return [found[row] for row in range(len(hotwords))]
