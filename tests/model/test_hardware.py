"""Which device computes, in which format, and what its errors mean."""

import logging

import pytest
import torch

from nemo_voice_serving.errors import BackendFailed, DeviceLost, InvalidRequest
from nemo_voice_serving.nemo import hardware
from nemo_voice_serving.nemo.hardware import NoDevice, choose_device, explain, guarded

CPU = torch.device("cpu")
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


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("auto", torch.float32), ("bfloat16", torch.bfloat16), ("float16", torch.float16)],
)
def test_a_cpu_computes_in_float32_unless_set_otherwise(wanted: str, expected: torch.dtype) -> None:
    assert hardware.precision_of(wanted, CPU) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
            DeviceLost,
        ),
        (RuntimeError("CUDA error: device-side assert triggered"), DeviceLost),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), DeviceLost),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), BackendFailed),
        (torch.AcceleratorError("CUDA error: out of memory"), BackendFailed),
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
    assert "lower the batch limits" in failure.message


def test_errors_of_the_port_pass_unchanged() -> None:
    with pytest.raises(InvalidRequest, match="yours"), guarded():
        raise InvalidRequest("yours")
    lost = DeviceLost("gone")
    assert hardware.translate(lost) is lost


def test_the_device_is_described_with_its_name() -> None:
    assert hardware.describe(CPU).startswith("cpu (")
    hardware.synchronise(CPU)
