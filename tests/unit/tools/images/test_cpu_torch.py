"""What is checked before an image with torch's build for CPUs is built."""

import threading
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.docs.repository import ROOT
from tools.images.cpu_torch import PINS, NoCpuTorchError, build_arguments


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    path = tmp_path / "nemo-cpu.txt"
    path.write_text("torch==2.15.0+cpu\n")
    return path


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """An index that has torch, as a server of this machine."""
    (tmp_path / "torch").mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_index_becomes_an_argument_of_the_build(index: str, pins: Path) -> None:
    assert build_arguments(index, pins) == ["--build-arg", f"TORCH_CPU_INDEX={index}"]


def test_without_pins_the_message_says_how_they_are_made(index: str, tmp_path: Path) -> None:
    with pytest.raises(NoCpuTorchError, match=r"tools/requirements\.sh cpu"):
        build_arguments(index, tmp_path / "nemo-cpu.txt")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "no address"])
def test_an_index_that_is_not_reached_is_named_with_what_to_do(address: str, pins: Path) -> None:
    with pytest.raises(NoCpuTorchError, match=r"not reached: .*leave it out for the image with"):
        build_arguments(address, pins)


def test_an_index_without_torch_is_refused(index: str, pins: Path) -> None:
    with pytest.raises(NoCpuTorchError, match="404"):
        build_arguments(f"{index}/elsewhere", pins)


def test_the_dockerfile_takes_the_argument_and_the_pins_that_are_made_for_it() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "ARG TORCH_CPU_INDEX=\n" in text
    assert "/requirements/nemo-cpu.txt" in text


def test_the_pins_for_cpus_get_into_the_build() -> None:
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.removeprefix("!") for line in kept if line.startswith("!")]
    assert any(fnmatch(str(PINS.relative_to(ROOT)), pattern) for pattern in patterns)
