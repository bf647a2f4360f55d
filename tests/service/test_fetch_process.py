"""A `fetch` as Kubernetes runs it: observed, stopped, started again, then offline."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.hub.server import TOKEN, Fault, Hub, running_hub
from support.models.look_alikes import archive_of
from support.ports import free_port

MODEL, VOCODER = "acme/voice", "acme/vocoder"
CONTENT, OTHER = archive_of("nvidia/tts_en_fastpitch"), archive_of("nvidia/tts_hifigan")
WHOLE = Fault(len(CONTENT))
TIMEOUT_S = 60


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with a private model and a private vocoder."""
    with running_hub() as hub:
        hub.add(MODEL, {"voice.nemo": CONTENT}).private = True
        hub.add(VOCODER, {"vocoder.nemo": OTHER}).private = True
        yield hub


@contextmanager
def fetching(
    hub: Hub, root: Path, *arguments: str, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "nemo_voice_tts", "fetch"]
    command += ["--model", MODEL, "--vocoder", VOCODER, "--model-cache", str(root / "cache")]
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "HF_ENDPOINT": hub.url}
    environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    environment["HF_HUB_DISABLE_TELEMETRY"] = "1"  # as in the images
    with subprocess.Popen([*command, *arguments], env=environment | variables) as process:
        try:
            yield process
        finally:
            process.kill()


def bytes_of(cache: Path) -> int:
    return sum(part.stat().st_size for part in cache.glob(".work/*/download.nemo"))


def test_a_fetch_reports_progress_stops_resumes_and_then_works_offline(
    hub: Hub, tmp_path: Path
) -> None:
    result, port, cache = tmp_path / "result.json", free_port(), tmp_path / "cache"
    flags = ("--result", str(result), "--progress-port", str(port))
    # Two configurations and the voice come whole.
    hub.faults.extend([WHOLE, WHOLE, WHOLE, Fault(60_000, stalls=True)])
    with fetching(hub, tmp_path, *flags, HF_TOKEN=TOKEN) as process:
        assert hub.stalled.wait(TIMEOUT_S)
        while not bytes_of(cache):
            assert process.poll() is None
        progress = httpx.get(f"http://127.0.0.1:{port}/").json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 143
    seen = (progress["checkpoint"], progress["phase"], progress["totalBytes"])
    assert seen == ("vocoder", "downloading", len(OTHER))
    error = json.loads(result.read_bytes())["error"]
    assert (error["reason"], error["checkpoint"]) == ("Interrupted", "vocoder")
    kept_bytes = bytes_of(cache)
    hub.released.set()

    with fetching(hub, tmp_path, *flags, HF_TOKEN=TOKEN) as process:
        assert process.wait(TIMEOUT_S) == 0
    first = json.loads(result.read_bytes())["checkpoints"]
    assert [made["source"] for made in first] == [MODEL, VOCODER]
    assert hub.ranges() == [None, None, None, None, None, f"bytes={kept_bytes}-"]

    hub.seen.clear()
    with fetching(hub, tmp_path, *flags, HF_HUB_OFFLINE="1") as process:
        assert process.wait(TIMEOUT_S) == 0
    again = json.loads(result.read_bytes())["checkpoints"]
    assert [made["directory"] for made in again] == [made["directory"] for made in first]
    assert not hub.seen


def test_model_of_another_kind_ends_the_fetch_before_it_has_arrived(tmp_path: Path) -> None:
    name, result = "acme/listener", tmp_path / "result.json"
    command = [sys.executable, "-m", "nemo_voice_stt", "fetch", "--model", name]
    command += ["--model-cache", str(tmp_path / "cache"), "--result", str(result)]
    with running_hub() as hub:
        large = archive_of("nvidia/multitalker-parakeet-streaming-0.6b-v1", weight_bytes=20_000_000)
        hub.add(name, {"listener.nemo": large})
        hub.faults.append(Fault(200_000, stalls=True))  # the rest does not come
        environment = {"PATH": os.environ["PATH"]}
        environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
        environment |= {"HOME": str(tmp_path), "HF_ENDPOINT": hub.url}
        ended = subprocess.run(
            command, env=environment, check=False, capture_output=True, text=True, timeout=20
        )
    assert ended.returncode == 3
    assert (
        "error: acme/listener cannot be served. It is a transducer for several speakers"
        in ended.stderr
    )
    error = json.loads(result.read_bytes())["error"]
    assert (error["reason"], error["checkpoint"]) == ("UnsupportedModel", "model")
    assert "nvidia/parakeet-tdt-0.6b-v3" in error["message"]
    assert not list((tmp_path / "cache").rglob("*.nemo"))


def test_result_says_what_was_fetched(hub: Hub, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    with fetching(hub, tmp_path, "--result", str(result), HF_TOKEN=TOKEN) as process:
        assert process.wait(TIMEOUT_S) == 0
    model, vocoder = json.loads(result.read_bytes())["checkpoints"]
    assert (model["kind"], model["languages"], model["speakers"]) == ("FastPitch", ["en"], 1)
    assert (vocoder["kind"], vocoder["languages"], vocoder["speakers"]) == ("HiFi-GAN", [], None)
