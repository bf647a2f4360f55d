"""The transducer loss against the sum over every path, one by one."""

import torch

from recipe.asr.tdt_loss import tdt_loss

DURATIONS = (0, 1, 2, 3, 4)
VOCABULARY = 4


def _probability(
    labels: torch.Tensor, steps: torch.Tensor, tokens: list[int], frame: int, token: int
) -> torch.Tensor:
    """The probability of all paths from a node to the end, by walking each of them."""
    frames = len(labels)
    if frame >= frames:
        return torch.tensor(float(frame == frames and token == len(tokens)), dtype=torch.double)
    total = torch.tensor(0.0, dtype=torch.double)
    for i, duration in enumerate(DURATIONS):
        onward = frame + duration
        if duration > 0 and (onward < frames or (onward == frames and token == len(tokens))):
            arc = (labels[frame, token, -1] + steps[frame, token, i]).exp()
            total = total + arc * _probability(labels, steps, tokens, onward, token)
        if token < len(tokens) and onward < frames:
            arc = (labels[frame, token, tokens[token]] + steps[frame, token, i]).exp()
            total = total + arc * _probability(labels, steps, tokens, onward, token + 1)
    return total


def _example() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    logits = torch.randn(4, 6, 4, VOCABULARY + 1 + len(DURATIONS), dtype=torch.double)
    tokens = torch.randint(0, VOCABULARY, (4, 3))
    return logits.requires_grad_(), tokens, torch.tensor([6, 4, 5, 3]), torch.tensor([3, 1, 2, 0])


def _enumerated(
    logits: torch.Tensor, tokens: torch.Tensor, frames: torch.Tensor, counts: torch.Tensor
) -> torch.Tensor:
    losses = []
    for row in range(len(logits)):
        used = logits[row, : frames[row], : counts[row] + 1]
        labels = torch.log_softmax(used[..., : VOCABULARY + 1], -1)
        steps = torch.log_softmax(used[..., VOCABULARY + 1 :], -1)
        spoken = tokens[row, : counts[row]].tolist()
        losses.append(-_probability(labels, steps, spoken, 0, 0).log())
    return torch.stack(losses)


def test_loss_is_the_sum_over_all_paths() -> None:
    logits, tokens, frames, counts = _example()
    loss = tdt_loss(logits, tokens, frames, counts, DURATIONS)
    torch.testing.assert_close(loss, _enumerated(logits, tokens, frames, counts))


def test_gradient_is_that_of_the_sum_over_all_paths() -> None:
    logits, tokens, frames, counts = _example()
    (ours,) = torch.autograd.grad(tdt_loss(logits, tokens, frames, counts, DURATIONS).sum(), logits)
    (theirs,) = torch.autograd.grad(_enumerated(logits, tokens, frames, counts).sum(), logits)
    torch.testing.assert_close(ours, theirs)


def test_padding_does_not_change_the_loss() -> None:
    logits, tokens, frames, counts = _example()
    changed = logits.detach().clone()
    changed[1, 4:] = 7.0
    changed[1, :, 2:] = -3.0
    before = tdt_loss(logits, tokens, frames, counts, DURATIONS)
    after = tdt_loss(changed, tokens, frames, counts, DURATIONS)
    torch.testing.assert_close(before[1], after[1])


def test_an_utterance_without_words_is_likely_when_blanks_are() -> None:
    logits, tokens, frames, counts = _example()
    certain = logits.detach().clone()
    certain[3, ..., VOCABULARY] = 50.0
    certain[3, ..., VOCABULARY + 2] = 50.0
    loss = tdt_loss(certain, tokens, frames, counts, DURATIONS)
    assert abs(float(loss[3])) < 1e-6
