"""What of NeMo and its requirements a service loads, and that the rest is there when it is used."""

import importlib
import subprocess
import sys
from importlib.util import find_spec

import pytest

from nemo_voice_serving.nemo.lazy.deferred import load
from nemo_voice_serving.nemo.lazy.finder import DEFERRED, REEXPORTING

UNUSED = ("datasets", "matplotlib", "pandas.core", "sklearn", "sympy", "torch._inductor")
"""A second of imports each, or nearly: for training, and for compiling models."""
PROGRAM = """
import sys
from {package}.app import {fetch}
from {package}.settings import {settings}
fetch = {fetch}({settings}(device="cpu", model="demo"), lambda progress: None)
backend = fetch()
backend.warm_up(lambda step: None)
print(*sys.modules)
"""
SERVICES = [
    ("nemo_voice_stt", "fetch_recogniser", "SttSettings"),
    ("nemo_voice_tts", "fetch_voice", "TtsSettings"),
]


@pytest.mark.parametrize(("package", "fetch", "settings"), SERVICES)
def test_a_service_does_not_load_what_only_training_needs(
    package: str, fetch: str, settings: str
) -> None:
    program = PROGRAM.format(package=package, fetch=fetch, settings=settings)
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = ran.stdout.split()
    assert "nemo.core" in loaded
    assert sorted(set(UNUSED) & set(loaded)) == []


@pytest.mark.parametrize("name", sorted(DEFERRED))
def test_what_is_loaded_at_its_first_use_can_be_loaded_and_has_the_names_taken_before(
    name: str,
) -> None:
    module = importlib.import_module(name)
    load(module)
    # torchmetrics only asks whether it is there, and older releases of scipy had it.
    expected = set(DEFERRED[name]) - {"hamming"}
    assert {taken for taken in expected if hasattr(module, taken)} == expected


@pytest.mark.parametrize("package", REEXPORTING)
def test_the_packages_that_pass_names_on_are_installed(package: str) -> None:
    assert find_spec(package) is not None
