"""Where the recogniser's words are in the lattice, and how its features are normalised."""

import math

import numpy as np
import pytest
import torch

from recipe.asr.batches import Batch, normalised
from recipe.asr.loss import Weights, emission_frames, nodes_of
from recipe.asr.stages import Stage, learning_rate

BLANK = 9


def _batch(tokens: list[list[int]], times_s: list[list[float]]) -> Batch:
    return Batch(
        features=torch.zeros(len(tokens), 80, 8),
        lengths=torch.full((len(tokens),), 8),
        tokens=tokens,
        times_s=[np.array(times) for times in times_s],
    )


def test_token_is_said_in_the_frame_that_holds_its_time() -> None:
    assert emission_frames(np.array([0.0, 0.25, 0.5]), 20) == [0, 3, 7]


def test_token_after_the_end_is_said_in_the_last_frame() -> None:
    assert emission_frames(np.array([0.0, 5.0, 6.0]), 10) == [0, 9, 10]


def _walk(tokens: list[int], times_s: list[float], frames: int) -> list[int]:
    """What greedy decoding writes when it does as the nodes say."""
    nodes = nodes_of(_batch([tokens], [times_s]), [frames], BLANK, torch.device("cpu"))
    answers = {
        (int(t), int(u)): (int(label), int(duration))
        for t, u, label, duration in zip(
            nodes.frame, nodes.token, nodes.label, nodes.duration, strict=True
        )
    }
    written: list[int] = []
    frame = 0
    while frame < frames:
        label, duration = answers[frame, len(written)]
        if label != BLANK:
            written.append(label)
        frame += duration
    return written


@pytest.mark.parametrize("times_s", [[0.0, 0.1, 0.5, 0.6], [0.4, 0.41, 0.42, 1.3], [1, 1, 1, 1.2]])
def test_decoding_that_follows_the_nodes_writes_the_text(times_s: list[float]) -> None:
    assert _walk([3, 5, 3], times_s, 20) == [3, 5, 3]


def test_an_utterance_without_words_has_blank_nodes_only() -> None:
    assert _walk([], [0.0], 20) == []


def test_normalised_bands_have_no_mean_and_deviation_one() -> None:
    torch.manual_seed(0)
    frames = torch.randn(2, 50, 80) * 3 + 7
    out = normalised(frames, torch.tensor([50, 30]))
    torch.testing.assert_close(out[1, :30].mean(0), torch.zeros(80), atol=1e-4, rtol=0)
    torch.testing.assert_close(out[1, :30].std(0), torch.ones(80), atol=1e-3, rtol=0)
    assert not out[1, 30:].any()


def test_learning_rate_rises_stays_and_falls() -> None:
    stage = Stage(steps=1000, rate=1.0, weights=Weights(1, 1, 0), shares={}, decay=0.5)
    rates = [learning_rate(stage, step) for step in range(1000)]
    assert rates[0] < 0.05
    assert rates[100:500] == [1.0] * 400
    assert math.isclose(rates[-1], 0.01, abs_tol=1e-3)
    assert rates[500:] == sorted(rates[500:], reverse=True)
