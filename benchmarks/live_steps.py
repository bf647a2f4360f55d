"""What a step of live audio costs that many streams share, against as many steps of one stream.

`python -m benchmarks.live_steps` prints a table. The model has NVIDIA's size of 110 million weights
and random ones; CPU seconds of one thread are counted, so that others on the machine do not.
"""

import argparse
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.random_model import random_model

LOOKAHEADS_MS = (0, 80, 480, 1040)
STREAMS = (1, 2, 4, 8, 16)
_RATE_HZ = 16_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures each look-ahead with each number of streams, and prints what it finds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live_steps",
        description="Measure steps of live audio that streams share.",
    )
    parser.add_argument("--steps", type=int, default=6, help="steps of each stream that count")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--lookahead-ms", type=int, action="append", choices=LOOKAHEADS_MS)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        directory = _checkpoint(Path(scratch))
        print("| look-ahead | streams | ms a step | ms a stream | against single | x real time |")
        print("|---|---|---|---|---|---|")
        for lookahead_ms in chosen.lookahead_ms or LOOKAHEADS_MS:
            _print_rows(_streaming(directory, chosen.device, lookahead_ms), chosen, lookahead_ms)


def _print_rows(live: Any, chosen: argparse.Namespace, lookahead_ms: int) -> None:
    clock = time.process_time if chosen.device == "cpu" else time.perf_counter
    single_s = 0.0
    for count in STREAMS:
        step_s = _seconds_a_step(live, count, chosen.steps, clock)
        single_s = single_s or step_s
        ratio, speed = single_s * count / step_s, live.chunk_s * count / step_s
        print(
            f"| {lookahead_ms} ms | {count} | {step_s * 1000:.1f} | {step_s * 1000 / count:.1f}"
            f" | {ratio:.2f} | {speed:.1f} |",
            flush=True,
        )


def _checkpoint(scratch: Path) -> Path:
    """Returns the directory of an unpacked checkpoint for live audio."""
    archive, directory = scratch / "live.nemo", scratch / "live"
    random_model(scratch, is_live=True).save_to(str(archive))
    with tarfile.open(archive) as file:
        file.extractall(directory, filter="data")
    return directory


def _streaming(directory: Path, device: str, lookahead_ms: int) -> Any:
    """Returns what hears streams, loaded as the service loads it."""
    import torch  # noqa: PLC0415 seconds, which `--help` should not take

    from nemo_voice_stt.backends.loading import load  # noqa: PLC0415 NeMo takes ten seconds
    from nemo_voice_stt.backends.options import RecogniserOptions  # noqa: PLC0415

    torch.set_num_threads(1)
    options = RecogniserOptions(device=device, lookahead_ms=lookahead_ms)
    return load(directory, "random", "benchmark", options).streaming


def _seconds_a_step(live: Any, count: int, steps: int, clock: Any) -> float:
    """Returns the seconds of one step that so many streams share, once their caches are full."""
    import numpy as np  # noqa: PLC0415 beside torch

    random = np.random.default_rng(0)
    streams = [live.open(None) for _ in range(count)]
    chunk = round(live.chunk_s * _RATE_HZ)
    for stream in streams:
        stream.add((random.standard_normal(8 * _RATE_HZ) * 0.1).astype(np.float32))
        while (part := stream.next_part()) is not None:
            live.step([part])
    took_s = 0.0
    for _ in range(steps):
        for stream in streams:
            stream.add((random.standard_normal(chunk) * 0.1).astype(np.float32))
        parts = [part for stream in streams if (part := stream.next_part()) is not None]
        began_s = clock()
        live.step(parts)
        took_s += clock() - began_s
    for stream in streams:
        live.close(stream)
    return took_s / steps


if __name__ == "__main__":
    main()
