"""The memory of a CUDA device: a batch that does not fit runs in halves, within the share set."""

import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from nemo_voice_serving.batching.halving import run_in_halves
from nemo_voice_serving.errors import OutOfMemory
from nemo_voice_serving.nemo.torch_setup import device_memory

torch = pytest.importorskip("torch")
hardware = pytest.importorskip("nemo_voice_serving.nemo.hardware")

if not torch.cuda.is_available():
    pytest.skip("NOT RUN: the GPU path, no CUDA device is usable here", allow_module_level=True)

pytestmark = pytest.mark.gpu

MIB = 2**20


@pytest.fixture
def share() -> Iterator[int]:
    """A share of 1 GiB of the memory, in bytes, of this process."""
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    hardware.limit_memory(1024 * MIB / total)
    yield 1024 * MIB
    torch.cuda.set_per_process_memory_fraction(1.0, 0)
    torch.cuda.empty_cache()


def filling(batch: Sequence[int]) -> Sequence[int]:
    """A stage that takes as many MiB as its items say, all at once."""
    with hardware.guarded():
        kept = [torch.full((mib * MIB,), 1, dtype=torch.uint8, device="cuda") for mib in batch]
        return [int(one[:7].sum()) for one in kept]


def test_a_batch_beyond_the_share_runs_in_halves_and_leaves_nothing(share: int) -> None:
    overflows: list[int] = []
    assert run_in_halves(filling, [300] * 8, overflows.append) == [7] * 8
    assert overflows[0] == 8
    assert device_memory()["allocated"] < 50 * MIB
    assert device_memory()["peak"] <= share


def test_an_item_beyond_the_share_fails_alone_and_the_device_goes_on(share: int) -> None:
    outputs = run_in_halves(filling, [100, 2 * share // MIB, 100], lambda _: None)
    assert [isinstance(output, OutOfMemory) for output in outputs] == [False, True, False]
    assert filling([100]) == [7]


def test_segments_can_grow_in_a_process_that_was_set_up() -> None:
    program = """
from nemo_voice_serving.nemo import torch_setup
from nemo_voice_serving.settings import ServiceSettings
torch_setup.before_import(ServiceSettings())
import torch
torch.ones(1, device="cuda")
print(torch.cuda.memory_snapshot()[0]["is_expandable"])
"""
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert printed.strip() == "True"
