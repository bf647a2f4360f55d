"""What is delivered when several states of a training are averaged."""

import torch

from recipe.asr.deliver import mean


def test_weights_meet_halfway_and_counts_stay() -> None:
    newest = {"weight": torch.tensor([1.0, 3.0]), "batches": torch.tensor(7)}
    earlier = {"weight": torch.tensor([3.0, 4.0]), "batches": torch.tensor(5)}
    averaged = mean([newest, earlier])
    assert averaged["weight"].tolist() == [2.0, 3.5]
    assert int(averaged["batches"]) == 7


def test_one_state_is_delivered_as_it_is() -> None:
    alone = {"weight": torch.tensor([1.0, 3.0])}
    assert torch.equal(mean([alone])["weight"], alone["weight"])
