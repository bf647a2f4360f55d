"""In a pod's Python: once a file appears, whatever computes fails as on a GPU that is gone.

Imported by Python at its start, because the folder of this file is on PYTHONPATH. A new process
finds the device back, as a restart does with most faults of real ones.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

GONE = Path(os.environ["DEVICE_GONE"])
MODULE = "torch.autograd.grad_mode"


class _Finder:
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Returns the module that every inference enters, with a loader that tampers with it."""
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _tampering(spec.loader)  # type: ignore[assignment, method-assign]
        return spec


def _tampering(loader: importlib.abc.Loader) -> Callable[[ModuleType], None]:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        enter = module.inference_mode.__enter__

        def failing(self: object) -> object:
            if GONE.exists():
                raise RuntimeError("CUDA error: unspecified launch failure")
            return enter(self)

        module.inference_mode.__enter__ = failing

    return exec_module


GONE.unlink(missing_ok=True)
sys.meta_path.insert(0, _Finder())
