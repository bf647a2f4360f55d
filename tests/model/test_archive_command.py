"""`transcribe … --out` with the demo model, as a process: what it hears, killed and resumed."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nemo_voice_stt.self_test import word_error_rate
from support.archives import lines_of, outputs_in
from support.audio.sounds import libsndfile_bytes
from support.models.demo_models import Samples

pytestmark = pytest.mark.timeout(600)
RATE_HZ = 16_000
COMMAND = (
    *(sys.executable, "-m", "nemo_voice_stt", "transcribe"),
    *("--device", "cpu", "--log-level", "error"),
)
CONTAINERS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
SAID = [
    "good morning how are you today",
    "the train to the north leaves at nine",
    "she bought seven apples",
    "we walked along the river until the evening and talked about the weather",
]
PATIENCE_S = 240.0


def spoken_files(folder: Path, speech: list[Samples], count: int) -> dict[str, str]:
    """Writes so many recordings in all containers, and returns what is said in each."""
    said = {}
    for number in range(count):
        place, suffix = number % len(speech), list(CONTAINERS)[number // 4 % len(CONTAINERS)]
        path = folder / f"day {number % 3}" / f"{number}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(libsndfile_bytes(speech[place], RATE_HZ, *CONTAINERS[suffix]))
        said[f"day {number % 3}/{number}"] = SAID[place]
    return said


def test_ten_recordings_are_transcribed_as_each_alone(
    speech: list[Samples], tmp_path: Path
) -> None:
    said = spoken_files(tmp_path / "recordings", speech, 10)
    out = tmp_path / "transcripts"
    wanted = ["recordings", "--out", "transcripts", "--format", "json", "srt", "--words"]
    subprocess.run([*COMMAND, *wanted], check=True, timeout=PATIENCE_S, cwd=tmp_path)
    assert outputs_in(out) == {f"{name}.{kind}" for name in said for kind in ("json", "srt")}
    for name, text in said.items():
        heard = json.loads((out / f"{name}.json").read_bytes())
        assert word_error_rate(text, heard["text"]) <= 0.2, name
        assert " ".join(word["word"] for word in heard["words"]) == heard["text"]
        assert (out / f"{name}.srt").read_text().startswith("1\n00:00:0")
    assert len(lines_of(out / "transcripts.jsonl")) == 10


def test_a_run_that_is_killed_goes_on_where_it_was(speech: list[Samples], tmp_path: Path) -> None:
    first, out = tmp_path / "in" / "0.wav", tmp_path / "out"
    first.parent.mkdir()
    first.write_bytes(libsndfile_bytes(speech[0], RATE_HZ, "WAV", "PCM_16"))
    for number in range(1, 300):
        shutil.copy(first, tmp_path / "in" / f"{number}.wav")
    command = [*COMMAND, str(first.parent), "--out", str(out)]
    written: dict[str, int] = {}
    with subprocess.Popen(command) as process:
        until_s = time.monotonic() + PATIENCE_S
        while not written:
            assert time.monotonic() < until_s
            assert process.poll() is None
            time.sleep(0.01)
            written = modified(out)
        process.kill()
    written = modified(out)
    assert len(written) < 300
    for name in written:
        assert json.loads((out / name).read_bytes())["text"] == SAID[0]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    assert set(modified(out)) == {f"{number}.json" for number in range(300)}
    assert {name: modified(out)[name] for name in written} == written
    assert len(lines_of(out / "transcripts.jsonl")) == 300
    assert [name for name in os.listdir(out) if name.startswith(".")] == []  # noqa: PTH208


def modified(out: Path) -> dict[str, int]:
    """Returns when each output was written."""
    return {path.name: path.stat().st_mtime_ns for path in out.glob("[0-9]*.json")}
