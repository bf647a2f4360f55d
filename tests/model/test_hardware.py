"""Which device computes, in which format, and what its errors mean."""

import logging
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from nemo_voice_serving.batching.halving import run_in_halves
from nemo_voice_serving.errors import BackendFailed, DeviceLost, InvalidRequest, OutOfMemory
from nemo_voice_serving.nemo import hardware
from nemo_voice_serving.nemo.hardware import NoDevice, choose_device, explain, guarded
from nemo_voice_serving.nemo.torch_setup import (
    UnusablePrecision,
    device_memory,
    with_device_settings,
)
from nemo_voice_serving.settings import ServiceSettings

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


def test_the_setting_cpu_chooses_the_cpu() -> None:
    assert choose_device("cpu") == CPU


@needs_no_gpu
def test_a_missing_device_is_an_error_with_the_drivers_reason() -> None:
    with pytest.raises(NoDevice, match=r"NVIDIA driver.*CUDA \d+\.\d+"):
        choose_device("cuda")


@needs_no_gpu
def test_auto_says_that_it_takes_the_cpu_and_why(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert choose_device("auto") == CPU
    (record,) = caplog.records
    assert "NVIDIA" in str(vars(record)["reason"])


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        (None, r"no NVIDIA driver found; CUDA 13\.2 needs an NVIDIA driver of at least 580\.65"),
        ((570, 133, 20), r"the NVIDIA driver 570\.133\.20 is too old: CUDA 13\.2 needs"),
        ((580, 64), r"580\.64 is too old"),
        ((580, 65, 6), "was a device given to this process"),
        ((595, 1), "was a device given to this process"),
    ],
)
def test_the_reason_says_what_the_driver_has_to_do_with_it(
    driver: tuple[int, ...] | None, expected: str
) -> None:
    with pytest.raises(NoDevice, match=expected):
        raise NoDevice(explain("no device", driver, "13.2"))


def test_the_pinned_torch_is_built_for_a_cuda_whose_driver_is_known() -> None:
    version = torch.version.cuda
    assert version is None or int(version.split(".")[0]) in hardware.MINIMUM_DRIVERS


class FakeGpu:
    """What torch says of a GPU, and what it was told: this machine has none."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int] = (9, 0)
    ) -> None:
        self.fractions: list[float] = []
        self.emptied = 0
        for name, value in {
            "is_initialized": lambda: True,
            "is_bf16_supported": lambda **_: capability >= (8, 0),
            "get_device_capability": lambda _device: capability,
            "set_per_process_memory_fraction": lambda part, _device: self.fractions.append(part),
            "empty_cache": self._empty,
            "synchronize": lambda *_: None,
            "memory_allocated": lambda: 3,
            "memory_reserved": lambda: 5,
            "max_memory_allocated": lambda: 4,
        }.items():
            monkeypatch.setattr(torch.cuda, name, value)
        monkeypatch.setattr(hardware, "why_no_cuda", lambda: None)

    def _empty(self) -> None:
        self.emptied += 1


class Processor:
    """Makes torch report a processor with some instructions alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *instructions: str) -> None:
        found = {"avx2": True, "avx512_bf16": False} | dict.fromkeys(instructions, True)
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)


@pytest.mark.parametrize("preferred", ["float16", "bfloat16"])
def test_a_cpu_computes_in_float32_unless_set_otherwise(preferred: str) -> None:
    assert hardware.precision_of("auto", CPU, preferred=preferred) is torch.float32


@pytest.mark.parametrize(
    ("instructions", "is_warned"), [((), True), (("avx512_bf16",), False), (("amx_bf16",), False)]
)
def test_bfloat16_is_warned_of_where_the_processor_has_no_instructions_for_it(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    instructions: tuple[str, ...],
    *,
    is_warned: bool,
) -> None:
    Processor(monkeypatch, *instructions)
    assert hardware.precision_of("bfloat16", CPU) is torch.bfloat16
    warned = [vars(record).get("advice", "") for record in caplog.records]
    assert ["PRECISION=auto" in str(advice) for advice in warned] == [True] * is_warned


@pytest.mark.parametrize("instruction", ["avx512_vnni", "avx_vnni", "amx_int8"])
def test_int8_needs_instructions_of_the_processor(
    monkeypatch: pytest.MonkeyPatch, instruction: str
) -> None:
    Processor(monkeypatch)
    with pytest.raises(UnusablePrecision, match=r"VNNI.*Set NEMO_VOICE_PRECISION=auto"):
        hardware.precision_of("int8", CPU)
    Processor(monkeypatch, instruction)
    assert hardware.precision_of("int8", CPU) is torch.int8


def test_int8_is_refused_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeGpu(monkeypatch, (9, 0))
    with pytest.raises(UnusablePrecision, match="int8 is for CPUs"):
        hardware.precision_of("int8", GPU)


def test_a_cpu_refuses_float16() -> None:
    with pytest.raises(UnusablePrecision, match="Set NEMO_VOICE_PRECISION=auto"):
        hardware.precision_of("float16", CPU)


@pytest.mark.parametrize(
    ("capability", "preferred", "expected"),
    [
        ((9, 0), "float16", torch.float16),
        ((9, 0), "bfloat16", torch.bfloat16),
        ((7, 5), "float16", torch.float16),
        ((7, 5), "bfloat16", torch.float32),
        ((6, 1), "float16", torch.float32),
        ((9, 0), "float32", torch.float32),
    ],
)
def test_auto_is_the_preferred_format_on_a_gpu_that_computes_it_natively(
    monkeypatch: pytest.MonkeyPatch,
    capability: tuple[int, int],
    preferred: str,
    expected: torch.dtype,
) -> None:
    FakeGpu(monkeypatch, capability)
    assert hardware.precision_of("auto", GPU, preferred=preferred) is expected
    assert hardware.precision_of("float16", GPU, preferred=preferred) is torch.float16


def fp32_precisions() -> set[str]:
    backends = torch.backends
    layers = (backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn)
    return {one.fp32_precision for one in layers}


@pytest.mark.parametrize(("tf32", "expected"), [(True, "tf32"), (False, "ieee")])
def test_tf32_is_allowed_by_the_setting_alone(*, tf32: bool, expected: str) -> None:
    settings = ServiceSettings(device="cpu", tf32=tf32)
    assert with_device_settings(settings, fp32_precisions)() == {expected}
    hardware.allow_tf32(allowed=False)


@pytest.mark.parametrize(
    ("device", "fraction", "expected"), [("auto", 0.4, [0.4]), ("cuda", 1.0, []), ("cpu", 0.4, [])]
)
def test_the_share_of_the_memory_is_set_before_the_model_is_loaded(
    monkeypatch: pytest.MonkeyPatch, device: Any, fraction: float, expected: list[float]
) -> None:
    gpu = FakeGpu(monkeypatch)
    settings = ServiceSettings(device=device, memory_fraction=fraction)
    assert with_device_settings(settings, lambda: list(gpu.fractions))() == expected


@pytest.mark.parametrize(
    ("fraction", "words"),
    [(1.0, "^the device's memory does not hold the model. Name a smaller"), (0.3, "^0.3 of the")],
)
def test_a_model_that_does_not_fit_the_memory_is_named_with_what_to_do(
    fraction: float, words: str
) -> None:
    settings = ServiceSettings(device="cpu", memory_fraction=fraction)

    def load() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 4 GiB")

    with pytest.raises(OutOfMemory, match=words) as caught:
        with_device_settings(settings, load)()
    assert ("NEMO_VOICE_MEMORY_FRACTION" in str(caught.value)) is (fraction < 1)


def test_other_failures_of_loading_stay_what_they_are() -> None:
    def load() -> None:
        raise ValueError("another format")

    with pytest.raises(ValueError, match="another format"):
        with_device_settings(ServiceSettings(device="cpu"), load)()


@needs_no_gpu
def test_a_device_without_memory_of_its_own_has_no_figures() -> None:
    assert device_memory() == {}


def test_the_memory_in_use_is_read_from_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeGpu(monkeypatch)
    assert device_memory() == {"allocated": 3, "reserved": 5, "peak": 4}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
            DeviceLost,
        ),
        (RuntimeError("CUDA error: device-side assert triggered"), DeviceLost),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), DeviceLost),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), OutOfMemory),
        (torch.AcceleratorError("CUDA error: out of memory"), OutOfMemory),
        (RuntimeError("CUDA driver error: out of memory"), OutOfMemory),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), OutOfMemory),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), OutOfMemory),
        (RuntimeError("cuFFT error: CUFFT_ALLOC_FAILED"), OutOfMemory),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] can't allocate memory: you"), OutOfMemory),
        (MemoryError("Unable to allocate 3 GiB for an array"), OutOfMemory),
        (ValueError("out of memory of what was said"), BackendFailed),
        (RuntimeError("shape '[2, 3]' is invalid"), BackendFailed),
        (IndexError("list index out of range"), BackendFailed),
    ],
)
def test_an_error_becomes_a_failed_batch_or_a_lost_device(
    error: Exception, expected: type[BackendFailed]
) -> None:
    with pytest.raises(BackendFailed) as caught, guarded():
        raise error
    assert type(caught.value) is expected
    assert caught.value.__cause__ is error


def test_a_full_memory_says_what_to_lower() -> None:
    failure = hardware.translate(torch.OutOfMemoryError("CUDA out of memory"))
    assert "lower NEMO_VOICE_BATCHING__MAX_ITEMS" in failure.message


class Layers:
    """A stage of nested calls that fills the memory in the innermost one, with more than two."""

    def __init__(self) -> None:
        self.alive: list[Callable[[], torch.Tensor | None]] = []

    def __call__(self, batch: Sequence[int]) -> Sequence[int]:
        with guarded():
            return self._outer(batch)

    def _outer(self, batch: Sequence[int]) -> Sequence[int]:
        features = torch.ones(len(batch), 1000)
        self.alive.append(weakref.ref(features))
        return self._inner(features, batch)

    def _inner(self, features: torch.Tensor, batch: Sequence[int]) -> Sequence[int]:
        frames = features * 2
        self.alive.append(weakref.ref(frames))
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory") from RuntimeError("the first")
        return [int(frames[row, 0]) * number for row, number in enumerate(batch)]


def test_after_a_full_memory_the_batch_is_gone_from_it_and_its_halves_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu, layers = FakeGpu(monkeypatch), Layers()
    seen: list[list[bool]] = []

    def stage(batch: Sequence[int]) -> Sequence[int]:
        seen.append([tensor() is not None for tensor in layers.alive])
        return layers(batch)

    assert run_in_halves(stage, [1, 2, 3], lambda _: None) == [2, 4, 6]
    assert seen == [[], [False] * 2, [False] * 4]
    assert gpu.emptied == 1


def test_errors_of_the_port_pass_unchanged() -> None:
    with pytest.raises(InvalidRequest, match="yours"), guarded():
        raise InvalidRequest("yours")
    lost = DeviceLost("gone")
    assert hardware.translate(lost) is lost


def test_the_device_is_described_with_its_name() -> None:
    assert hardware.describe(CPU).startswith("cpu (")
    hardware.synchronise(CPU)
