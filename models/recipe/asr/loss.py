"""The losses of the training: the transducer loss, and two that keep the word times right.

Cross-entropy at the lattice's nodes along the teacher's alignment keeps the word times and, alone,
teaches a new model quickly; CTC on the encoder helps a new model to find the words at all. Called
by `train.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere

from recipe.asr.batches import Batch, Times
from recipe.asr.config import DURATIONS, SUBSAMPLING
from recipe.asr.shards import FRAME_S
from recipe.asr.tdt_loss import tdt_loss

_STEP_S = FRAME_S * SUBSAMPLING
_LONGEST = DURATIONS[-1]
_MOST_NODES = 40_000  # a larger lattice (several sentences joined) costs more than it teaches
_FEWEST_TOKENS = 10  # an utterance of fewer counts as if it had these
_OFF_PATH = 0.3  # weight of nodes beside the path that decoding takes when it makes no mistake


@dataclass(frozen=True)
class Weights:
    """How much each loss counts; 0 leaves it out."""

    lattice: float
    nodes: float
    ctc: float
    frames: float = 0.0


@dataclass(frozen=True)
class Nodes:
    """Places in the lattice with what is right there."""

    row: torch.Tensor
    frame: torch.Tensor
    token: torch.Tensor
    label: torch.Tensor
    duration: torch.Tensor
    weight: torch.Tensor


def emission_frames(times_s: Times, count: int) -> list[int]:
    """Returns the encoder frame in which each token is said, and the frame after the last."""
    frames = np.minimum(np.floor(times_s / _STEP_S + 1e-6).astype(int), count - 1).tolist()
    return [*frames[:-1], min(count, math.ceil(float(times_s[-1]) / _STEP_S))]


def _path(frames: Sequence[int], count: int) -> set[tuple[int, int]]:
    """Returns the nodes that decoding visits when it makes no mistake."""
    visited = set()
    frame = token = 0
    said = len(frames) - 1
    while frame < count:
        visited.add((frame, token))
        if token < said and frame >= frames[token]:
            frame += max(0, min(_LONGEST, frames[token + 1] - frame))
            token += 1
        elif token < said:
            frame += min(_LONGEST, frames[token] - frame)
        else:
            frame += _LONGEST
    return visited


def _row_nodes(
    tokens: Sequence[int], frames: Sequence[int], count: int, blank: int
) -> list[tuple[int, int, int, int, float]]:
    """Returns the nodes of one utterance: (frame, token, label, duration, weight)."""
    path = _path(frames, count)
    said = len(tokens)
    found = []
    for token in range(said + 1):
        low = max(0, frames[token - 1] - 1) if token else 0
        high = min(count - 1, frames[token] + 2) if token < said else count - 1
        for frame in range(low, high + 1):
            if token == said:
                label, duration = blank, min(_LONGEST, count - frame)
            elif frame < frames[token]:
                label, duration = blank, min(_LONGEST, frames[token] - frame)
            else:
                label = tokens[token]
                duration = max(0, min(_LONGEST, frames[token + 1] - frame))
            weight = 1.0 if (frame, token) in path else _OFF_PATH
            found.append((frame, token, label, duration, weight))
    return found


def nodes_of(batch: Batch, counts: Sequence[int], blank: int, device: torch.device) -> Nodes:
    """Returns the nodes on and near the alignments of a batch."""
    entries = [
        (row, *node)
        for row, (tokens, times_s) in enumerate(zip(batch.tokens, batch.times_s, strict=True))
        for node in _row_nodes(tokens, emission_frames(times_s, counts[row]), counts[row], blank)
    ]
    columns = list(zip(*entries, strict=True))
    return Nodes(*(torch.tensor(column, device=device) for column in columns))


def losses(
    model: Any, head: torch.nn.Module, batch: Batch, weights: Weights
) -> dict[str, torch.Tensor]:
    """Returns the losses that have a weight, each a mean over utterances or nodes of the batch."""
    device = next(head.parameters()).device
    encoded, counts = model.encoder(
        audio_signal=batch.features.to(device), length=batch.lengths.to(device)
    )
    encoded = encoded.transpose(1, 2)
    blank = model.joint.num_classes_with_blank - 1 - len(DURATIONS)
    found: dict[str, torch.Tensor] = {}
    if weights.ctc or weights.frames:
        scores = head(encoded)
        found["ctc"] = _ctc(scores, counts, batch, blank)
        if weights.frames:
            found["frames"] = _frame_loss(scores, counts, batch, blank)
    tokens = max(len(tokens) for tokens in batch.tokens)
    size = encoded.shape[0] * encoded.shape[1] * (tokens + 1)
    lattice = weights.lattice > 0 and size <= _MOST_NODES
    found.update(_transducer(model, encoded, counts, batch, lattice=lattice))
    return found


def _transducer(
    model: Any, encoded: torch.Tensor, counts: torch.Tensor, batch: Batch, *, lattice: bool
) -> dict[str, torch.Tensor]:
    device = encoded.device
    joint = model.joint
    blank = joint.num_classes_with_blank - 1 - len(DURATIONS)
    said = torch.tensor([len(tokens) for tokens in batch.tokens], device=device)
    tokens = torch.zeros(len(said), max(1, int(said.max())), dtype=torch.long, device=device)
    for row, numbers in enumerate(batch.tokens):
        tokens[row, : len(numbers)] = torch.tensor(numbers, device=device)
    predicted, _ = model.decoder.predict(tokens, state=None, add_sos=True, batch_size=len(said))
    heard, context = joint.enc(encoded), joint.pred(predicted)
    nodes = nodes_of(batch, counts.tolist(), blank, device)
    found = {}
    if lattice:
        logits = joint.joint_net(heard[:, :, None] + context[:, None])
        whole = tdt_loss(logits, tokens, counts.long(), said, DURATIONS)
        found["lattice"] = (whole / said.clamp_min(_FEWEST_TOKENS)).mean()
        at_nodes = logits[nodes.row, nodes.frame, nodes.token]
    else:
        at_nodes = joint.joint_net(heard[nodes.row, nodes.frame] + context[nodes.row, nodes.token])
    label = F.cross_entropy(at_nodes[:, : blank + 1], nodes.label, reduction="none")
    step = F.cross_entropy(at_nodes[:, blank + 1 :], nodes.duration, reduction="none")
    found["nodes"] = ((label + 0.5 * step) * nodes.weight).sum() / nodes.weight.sum()
    return found


def _ctc(scores: torch.Tensor, counts: torch.Tensor, batch: Batch, blank: int) -> torch.Tensor:
    said = torch.tensor([len(tokens) for tokens in batch.tokens])
    flat = torch.tensor([number for tokens in batch.tokens for number in tokens])
    loss = F.ctc_loss(
        F.log_softmax(scores, -1).transpose(0, 1),
        flat.to(scores.device),
        counts.long(),
        said.to(scores.device),
        blank=blank,
        reduction="none",
        zero_infinity=True,
    )
    return (loss / said.clamp_min(1).to(scores.device)).mean()


def _frame_loss(
    scores: torch.Tensor, counts: torch.Tensor, batch: Batch, blank: int
) -> torch.Tensor:
    """Returns the cross-entropy with the token in the middle of each frame, or with blank."""
    labels = torch.full(scores.shape[:2], -100)
    for row, (tokens, times_s) in enumerate(zip(batch.tokens, batch.times_s, strict=True)):
        count = int(counts[row])
        middle_s = (np.arange(count) + 0.5) * _STEP_S
        which = np.searchsorted(times_s[: len(tokens)], middle_s, side="right") - 1
        names = np.array([*tokens, blank])
        spoken = (which >= 0) & (middle_s < times_s[-1])
        labels[row, :count] = torch.from_numpy(names[np.where(spoken, which, len(tokens))])
    return F.cross_entropy(
        scores.flatten(0, 1), labels.flatten().to(scores.device), ignore_index=-100
    )
