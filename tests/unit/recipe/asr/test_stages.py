"""The stages of the recogniser's training: their order, and how the weight of a loss changes."""

import pytest

from recipe.asr.stages import STAGES


def test_the_loss_of_frames_is_gone_after_a_quarter_of_the_steps() -> None:
    begin = STAGES["begin"]
    assert begin.weights_at(0).frames == begin.weights.frames
    assert begin.weights_at(begin.steps // 8).frames == pytest.approx(0.5)
    assert begin.weights_at(begin.steps // 4).frames == 0
    assert begin.weights_at(begin.steps // 4).nodes == begin.weights.nodes


def test_a_stage_begins_with_weights_of_a_stage_before_it() -> None:
    names = list(STAGES)
    for name, stage in STAGES.items():
        assert not stage.before or names.index(stage.before) < names.index(name)
