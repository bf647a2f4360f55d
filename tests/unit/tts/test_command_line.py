"""The text-to-speech command line: what it prints and how it ends, without a model."""

import io
from pathlib import Path

import pytest

from nemo_voice_serving.command_line import drawn_progress
from nemo_voice_serving.model_progress import Phase, Progress
from nemo_voice_tts.__main__ import main

DEMO = Path(__file__).resolve().parents[3] / "models" / "demo"


def test_help_names_every_setting_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert printed.startswith("usage: ")
    assert "--first-phrase-chars N" in printed
    assert "--device {auto,cpu,cuda}" in printed


def test_fetch_prints_where_the_files_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "--model-cache", str(tmp_path), "--demo-models", str(DEMO)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for line in lines:
        directory, _revision, digest = line.split()
        assert (Path(directory) / "model_config.yaml").exists()
        assert digest.startswith("sha256:")


def test_fetch_of_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    missing = f"file://{tmp_path}/nothing.nemo"
    with pytest.raises(SystemExit, match=r"error: .*nothing\.nemo"):
        main(["fetch", "--model", missing, "--model-cache", str(tmp_path / "cache")])


def test_say_ends_with_the_reason_when_the_model_is_missing(tmp_path: Path) -> None:
    missing = f"file://{tmp_path}/nothing.nemo"
    out = tmp_path / "out.wav"
    with pytest.raises(SystemExit, match=r"error: .*nothing\.nemo"):
        main(
            ["say", "Hello.", "--out", str(out), "--model", missing, "--model-cache", str(tmp_path)]
        )
    assert not out.exists()


def test_progress_is_one_line_for_each_report() -> None:
    stream = io.StringIO()
    draw = drawn_progress(stream)
    draw(Progress(Phase.DOWNLOADING, 1_000_000, 4_000_000, 2.0))
    draw(Progress(Phase.RESOLVING, 0, None, 0.1))
    assert stream.getvalue().splitlines() == [
        "downloading        1.0 of 4.0 MB ( 25%)    2.0 s",
        "resolving          0.0 MB    0.1 s",
    ]
