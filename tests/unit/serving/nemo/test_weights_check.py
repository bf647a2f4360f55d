"""What torch loads as tensors and what it refuses, and in which words that is reported."""

import pickle
from pathlib import Path

import pytest
import torch
from typing_extensions import override

from nemo_voice_serving.nemo.weights_check import code_in
from support.models.checkpoints import weights, zip_of


class Shell:
    """What an attacker pickles: unpickling it runs a command."""

    @override
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1 / 0",)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A path for weights."""
    return tmp_path / "model_weights.ckpt"


def test_a_state_dict_is_no_code(checkpoint: Path) -> None:
    weight = torch.nn.Parameter(torch.ones(3, dtype=torch.bfloat16))
    torch.save({"weight": weight, "steps": torch.tensor(5)}, checkpoint)
    assert code_in(checkpoint) is None


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_pickled_code_is_found_in_every_protocol_and_does_not_run(
    checkpoint: Path, protocol: int
) -> None:
    checkpoint.write_bytes(weights(pickled=pickle.dumps({"a": Shell()}, protocol=protocol)))
    assert code_in(checkpoint) in {"eval", "an operation that tensors do not need"}


@pytest.mark.parametrize(
    ("pickled", "name"),
    [
        (pickle.dumps(Shell(), protocol=2), "eval"),
        (b"\x80\x02cos\nsystem\n.", "os.system"),
        (b"\x80\x02cbuiltins\ngetattr\n.", "getattr"),
        (b"\x80\x02csome.package\nThing\n.", "some.package.Thing"),
    ],
)
def test_the_code_is_named(checkpoint: Path, pickled: bytes, name: str) -> None:
    checkpoint.write_bytes(weights(pickled=pickled))
    assert code_in(checkpoint) == name


def test_torchscript_is_refused(checkpoint: Path) -> None:
    data = pickle.dumps({}, protocol=2)
    content = {"a/version": b"3", "a/data.pkl": data, "a/constants.pkl": data}
    checkpoint.write_bytes(zip_of(content))
    with pytest.raises(ValueError, match="TorchScript"):
        code_in(checkpoint)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not in the format that torch"),
        (pickle.dumps({}, protocol=2), "not in the format that torch"),
        (b"PK\x03\x04 and nothing else", "damaged"),
        (weights(pickled=b"\x80\x02"), "damaged"),
        (weights()[:-30], "damaged"),
        (zip_of({"a/version": b"3"}), "damaged"),
        (zip_of({"a/data.pkl": pickle.dumps({}, protocol=2)}), "damaged"),
    ],
)
def test_a_file_that_holds_no_weights_is_refused(
    checkpoint: Path, content: bytes, reason: str
) -> None:
    checkpoint.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as caught:
        code_in(checkpoint)
    assert "weights_only" not in str(caught.value)  # as advice to load it unsafely
    assert "issue" not in str(caught.value)
