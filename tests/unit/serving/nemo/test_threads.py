"""The number of torch's threads is set in the environment, without importing torch."""

import subprocess
import sys

import pytest

from nemo_voice_serving.nemo.threads import use_threads


def test_a_number_is_set_for_openmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    use_threads(0)
    use_threads(3)
    printed = subprocess.check_output(
        [sys.executable, "-c", "import os; print(os.environ['OMP_NUM_THREADS'])"], text=True
    )
    assert printed.strip() == "3"


def test_setting_it_imports_no_torch() -> None:
    program = "import sys, nemo_voice_serving.nemo.threads; print('torch' in sys.modules)"
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert printed.strip() == "False"
