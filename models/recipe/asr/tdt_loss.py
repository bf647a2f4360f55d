"""The loss of a token-and-duration transducer in plain torch: on any device, exact, differentiable.

Xu et al. 2023, "Efficient sequence transduction by jointly predicting tokens and durations".
NeMo's own implementations need CUDA. Called by `loss.py`.
"""

from collections.abc import Sequence

import torch

_NEVER = -1e30


def tdt_loss(
    logits: torch.Tensor,
    tokens: torch.Tensor,
    frame_counts: torch.Tensor,
    token_counts: torch.Tensor,
    durations: Sequence[int],
) -> torch.Tensor:
    """Returns the negative log likelihood of each utterance, summed over all its alignments.

    Args:
        logits: (batch, frames, tokens + 1, vocabulary + 1 + durations); blank is the last of the
            vocabulary, the durations come after it.
        tokens: (batch, tokens), padded with anything that is in the vocabulary.
        frame_counts: (batch), at least 1.
        token_counts: (batch), 0 for an utterance in which nothing is said.
        durations: Frames that a step may advance; a blank never advances 0.
    """
    classes = logits.shape[-1] - len(durations)
    labels = torch.log_softmax(logits[..., :classes], -1)
    steps = torch.log_softmax(logits[..., classes:], -1)
    lattice = _Diagonals(labels, steps, tokens, frame_counts, token_counts)
    forward = lattice.forward(durations)
    return -lattice.final(forward, durations)


class _Diagonals:
    """The lattice seen along its anti-diagonals frame + token: every arc leads to a later one."""

    def __init__(
        self,
        labels: torch.Tensor,
        steps: torch.Tensor,
        tokens: torch.Tensor,
        frame_counts: torch.Tensor,
        token_counts: torch.Tensor,
    ) -> None:
        batch, frames, rows, _ = labels.shape
        self.frame_counts, self.token_counts = frame_counts, token_counts
        token = torch.arange(rows, device=labels.device)
        frame = torch.arange(frames + rows - 1, device=labels.device)[:, None] - token[None]
        self._inside = (
            (frame >= 0)[None]
            & (frame[None] < frame_counts[:, None, None])
            & (token[None, None] <= token_counts[:, None, None])
        )
        self._frame = frame.clamp(0, frames - 1)
        self._token = token[None].expand_as(frame)
        self._never = torch.full((), _NEVER, device=labels.device, dtype=labels.dtype)
        index = tokens[:, None, :, None].expand(batch, frames, rows - 1, 1)
        emitted = torch.gather(labels[:, :, :-1], 3, index).squeeze(3)
        last = self._never.expand(batch, frames, 1)
        self._steps = self._skew(steps)
        self._blank = self._skew(labels[..., -1])
        self._emit = self._skew(torch.cat([emitted, last], 2))

    def _skew(self, scores: torch.Tensor) -> torch.Tensor:
        """Returns the scores (batch, frame, token) as (batch, diagonal, token)."""
        picked = scores[:, self._frame, self._token]
        inside = self._inside if scores.dim() == 3 else self._inside[..., None]
        return torch.where(inside, picked, self._never)

    def forward(self, durations: Sequence[int]) -> list[torch.Tensor]:
        """Returns the log probability of reaching each node, diagonal by diagonal."""
        # Taken apart at once: each index of a whole tensor costs a gradient of the whole's size.
        steps = [self._steps[..., i] for i in range(len(durations))]
        blank = [(self._blank + step).unbind(1) for step in steps]
        emit = [(self._emit[..., :-1] + step[..., :-1]).unbind(1) for step in steps]
        inside = self._inside.unbind(1)
        batch, diagonals, rows = self._blank.shape
        start = self._never.expand(batch, rows).clone()
        start[:, 0] = 0
        before_first = self._never.expand(batch, 1)
        reached = [start]
        for diagonal in range(1, diagonals):
            ways = [self._never.expand(batch, rows)]
            for i, duration in enumerate(durations):
                origin = diagonal - duration
                if duration > 0 and origin >= 0:
                    ways.append(reached[origin] + blank[i][origin])
                if (origin := diagonal - 1 - duration) >= 0:
                    way = reached[origin][:, :-1] + emit[i][origin]
                    ways.append(torch.cat([before_first, way], 1))
            total = torch.logsumexp(torch.stack(ways), 0).clamp_min(_NEVER)
            reached.append(torch.where(inside[diagonal], total, self._never))
        return reached

    def final(self, reached: list[torch.Tensor], durations: Sequence[int]) -> torch.Tensor:
        """Returns the log probability of leaving the lattice by a blank at the last frame."""
        every = torch.stack(reached, 1)
        rows = torch.arange(len(self.frame_counts), device=every.device)
        ways = []
        for i, duration in enumerate(durations):
            if duration == 0:
                continue
            diagonal = self.frame_counts - duration + self.token_counts
            at = (rows, diagonal.clamp_min(0), self.token_counts)
            way = every[at] + self._blank[at] + self._steps[(*at, torch.full_like(rows, i))]
            ways.append(torch.where(self.frame_counts >= duration, way, self._never))
        return torch.logsumexp(torch.stack(ways), 0)
