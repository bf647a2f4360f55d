"""What the joint network predicts where a token was emitted: how long it lasts, how likely it is.

NeMo's batched decoder reports durations too, but while it looks for one row's next token it
overwrites those of the rows that have found theirs: a word's end would depend on its batch. Of
probabilities it keeps a measure of certainty alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Emission:
    """One token's duration in encoder frames, and the logarithm of its probability."""

    frames: int
    logprob: float


def emissions(
    model: Any,
    frames: torch.Tensor,
    numbers: Sequence[Sequence[int]],
    starts: Sequence[Sequence[int]],
) -> list[list[Emission]]:
    """Returns what the joint network predicts where each token was emitted.

    Args:
        model: The transducer; one frame is every token's duration where it predicts none.
        frames: The encoder's output, as batch, width and time.
        numbers: Each row's tokens.
        starts: The frame at which each token was emitted.
    """
    longest = max(map(len, numbers), default=0)
    if not longest:
        return [[] for _ in numbers]
    tokens = _rectangle(numbers, longest).to(frames.device)
    logits = _logits(model, frames, tokens, _rectangle(starts, longest).to(frames.device))
    known = list(model.decoding.durations or [])
    words = logits[..., : logits.shape[-1] - len(known)].float().log_softmax(dim=-1)
    logprobs = words.gather(-1, tokens.unsqueeze(-1)).squeeze(-1).tolist()
    chosen = logits[..., -len(known) :].argmax(dim=-1).tolist() if known else None
    return [
        [
            Emission(1 if chosen is None else known[chosen[row][place]], logprobs[row][place])
            for place in range(len(spelled))
        ]
        for row, spelled in enumerate(numbers)
    ]


def _logits(
    model: Any, frames: torch.Tensor, tokens: torch.Tensor, starts: torch.Tensor
) -> torch.Tensor:
    """Returns the joint network's output for each token, as batch, token and vocabulary."""
    rows, longest = tokens.shape
    width = frames.shape[1]
    emitting = torch.gather(frames.transpose(1, 2), 1, starts.unsqueeze(2).expand(-1, -1, width))
    # The history before each token: a start, then all tokens but the last.
    history, _ = model.decoder.predict(tokens, None)
    heard = model.joint.project_encoder(emitting).flatten(0, 1).unsqueeze(1)
    said = model.joint.project_prednet(history[:, :-1]).flatten(0, 1).unsqueeze(1)
    logits: torch.Tensor = model.joint.joint_after_projection(heard, said)
    return logits.reshape(rows, longest, -1)


def _rectangle(rows: Sequence[Sequence[int]], width: int) -> torch.Tensor:
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
