"""What torch reads from its environment is set before its import, and nothing else imports it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nemo_voice_serving.nemo import torch_setup
from nemo_voice_serving.nemo.torch_setup import UnusablePrecision, before_import
from nemo_voice_serving.settings import ServiceSettings

ALLOCATORS = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the tests set is set back: for that, each has to be known to the fixture.
    for name in (*ALLOCATORS, "OMP_NUM_THREADS", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def printed(program: str) -> str:
    return subprocess.check_output([sys.executable, "-c", program], text=True).strip()


def test_the_number_of_threads_is_set_for_openmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before_import(ServiceSettings(threads=0))
    assert os.environ["OMP_NUM_THREADS"] == "7"
    before_import(ServiceSettings(threads=3))
    assert printed("import os; print(os.environ['OMP_NUM_THREADS'])") == "3"


def test_threads_that_wait_leave_their_core_to_others_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before_import(ServiceSettings())
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    before_import(ServiceSettings())
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


CGROUP_2, CGROUP_1 = "cpu.max", ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


def cgroups(folder: Path, quota: str, period: str, *, version: int) -> Path:
    written = {CGROUP_2: f"{quota} {period}"}
    if version == 1:
        written = dict(zip(CGROUP_1, (quota, period), strict=True))
    for name, text in written.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"{text}\n", encoding="ascii")
    return folder


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("quota", "threads"),
    [("10000", 1), ("100000", 1), ("150000", 2), ("300000", 3), ("800000", None)],
)
def test_threads_fit_the_limit_of_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, threads: int | None, version: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    folder = cgroups(tmp_path, quota, "100000", version=version)
    assert torch_setup.threads_within_limit(folder) == threads


@pytest.mark.parametrize(("quota", "version"), [("max", 2), ("-1", 1), ("", 2), ("?", 1)])
def test_without_a_limit_the_threads_are_left_to_torch(
    tmp_path: Path, quota: str, version: int
) -> None:
    assert torch_setup.threads_within_limit(tmp_path) is None
    folder = cgroups(tmp_path, quota, "100000", version=version)
    assert torch_setup.threads_within_limit(folder) is None


def test_a_limit_sets_the_threads_where_nobody_else_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_setup, "threads_within_limit", lambda: 2)
    before_import(ServiceSettings())
    assert os.environ["OMP_NUM_THREADS"] == "2"
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    before_import(ServiceSettings())
    assert os.environ["OMP_NUM_THREADS"] == "5"
    before_import(ServiceSettings(threads=3))
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_setting_up_imports_no_torch() -> None:
    assert (
        printed(
            "import sys; from nemo_voice_serving.nemo import torch_setup;"
            "from nemo_voice_serving.settings import ServiceSettings;"
            "torch_setup.before_import(ServiceSettings()); torch_setup.device_memory();"
            "print('torch' in sys.modules)"
        )
        == "False"
    )


@pytest.mark.parametrize(
    ("version", "variable"),
    [
        ("2.6.0", ALLOCATORS[1]),
        ("2.8.0+cu129", ALLOCATORS[1]),
        ("2.9.0", ALLOCATORS[0]),
        ("2.15.0", ALLOCATORS[0]),
        ("3.0.0a0+git1", ALLOCATORS[0]),
    ],
)
def test_segments_of_the_gpus_memory_can_grow_under_the_name_that_this_torch_reads(
    monkeypatch: pytest.MonkeyPatch, version: str, variable: str
) -> None:
    monkeypatch.setattr(torch_setup, "version", lambda _: version)
    before_import(ServiceSettings())
    found = {name: os.environ[name] for name in ALLOCATORS if name in os.environ}
    assert found == {variable: "expandable_segments:True"}


@pytest.mark.parametrize("name", ALLOCATORS)
@pytest.mark.parametrize("value", ["max_split_size_mb:64", "expandable_segments:False", ""])
def test_what_the_user_says_of_the_allocator_stays(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    before_import(ServiceSettings())
    assert {one: os.environ.get(one) for one in ALLOCATORS if one in os.environ} == {name: value}


def test_float16_on_a_cpu_is_refused_before_anything_is_fetched() -> None:
    with pytest.raises(UnusablePrecision, match="Set NEMO_VOICE_PRECISION=auto"):
        before_import(ServiceSettings(device="cpu", precision="float16"))
    before_import(ServiceSettings(device="cpu", precision="bfloat16"))
    before_import(ServiceSettings(device="auto", precision="float16"))


def test_int8_on_a_gpu_is_refused_before_anything_is_fetched() -> None:
    with pytest.raises(UnusablePrecision, match="Set NEMO_VOICE_PRECISION=auto"):
        before_import(ServiceSettings(device="cuda", precision="int8"))
    before_import(ServiceSettings(device="cpu", precision="int8"))
    before_import(ServiceSettings(device="auto", precision="int8"))
