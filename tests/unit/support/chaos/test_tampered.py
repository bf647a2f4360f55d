"""What a pod's Python gets from the chaos tests: a device that is gone once a file appears."""

import os
import subprocess
import sys
from pathlib import Path

from support.docs.repository import ROOT

FOLDER = ROOT / "tests" / "support" / "chaos" / "tampering"
TORCH = """
class inference_mode:
    def __enter__(self):
        print("computes")

    def __exit__(self, *_):
        pass
"""
PROGRAM = """
import os, pathlib
from torch.autograd.grad_mode import inference_mode
with inference_mode():
    pass
pathlib.Path(os.environ["DEVICE_GONE"]).touch()
with inference_mode():
    pass
"""


def test_computing_fails_as_without_a_device_once_the_file_is_there_and_a_new_process_forgets_it(
    tmp_path: Path,
) -> None:
    package = tmp_path / "torch" / "autograd"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    (package / "grad_mode.py").write_text(TORCH)
    gone = tmp_path / "gone"
    paths = os.pathsep.join((str(FOLDER), str(tmp_path)))
    environment = {**os.environ, "PYTHONPATH": paths, "DEVICE_GONE": str(gone)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == "computes\n"
        assert "RuntimeError: CUDA error: unspecified launch failure" in done.stderr
        assert gone.exists()
