"""How many encoder frames each token of a TDT model lasts, whatever else was in its batch.

NeMo's batched decoder reports durations too, but while it looks for one row's next token it
overwrites those of the rows that have found theirs: a word's end would depend on its batch.
"""

from collections.abc import Sequence
from typing import Any

import torch


def token_durations(
    model: Any,
    frames: torch.Tensor,
    numbers: Sequence[Sequence[int]],
    starts: Sequence[Sequence[int]],
) -> list[list[int]]:
    """Returns the durations that the joint network predicts where each token was emitted.

    Args:
        model: The transducer; one frame is every token's duration where it predicts none.
        frames: The encoder's output, as batch, width and time.
        numbers: Each row's tokens.
        starts: The frame at which each token was emitted.
    """
    known = list(model.decoding.durations or [])
    longest = max(map(len, numbers))
    if not known or not longest:
        return [[1] * len(row) for row in numbers]
    width = frames.shape[1]
    places = _rectangle(starts, longest).to(frames.device)
    emitting = torch.gather(frames.transpose(1, 2), 1, places.unsqueeze(2).expand(-1, -1, width))
    # The history before each token: a start, then all tokens but the last.
    history, _ = model.decoder.predict(_rectangle(numbers, longest).to(frames.device), None)
    heard = model.joint.project_encoder(emitting).flatten(0, 1).unsqueeze(1)
    said = model.joint.project_prednet(history[:, :-1]).flatten(0, 1).unsqueeze(1)
    logits = model.joint.joint_after_projection(heard, said)[..., -len(known) :]
    chosen = logits.argmax(dim=-1).reshape(len(numbers), longest).tolist()
    return [
        [known[place] for place in row[: len(tokens)]]
        for row, tokens in zip(chosen, numbers, strict=True)
    ]


def _rectangle(rows: Sequence[Sequence[int]], width: int) -> torch.Tensor:
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
