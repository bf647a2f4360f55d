"""The speech-to-text command line: what it prints and how it ends, without a model."""

from pathlib import Path

import pytest

from nemo_voice_stt.__main__ import main

DEMO = Path(__file__).resolve().parents[3] / "models" / "demo"


def test_help_names_every_setting_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert printed.startswith("usage: ")
    assert "--piece-s N" in printed
    assert "--device {auto,cpu,cuda}" in printed


def test_fetch_prints_where_the_files_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "--model-cache", str(tmp_path), "--demo-models", str(DEMO)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    for line in lines:
        directory, _revision, digest = line.split()
        assert (Path(directory) / "model_config.yaml").exists()
        assert digest.startswith("sha256:")


def test_fetch_of_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    missing = f"file://{tmp_path}/nothing.nemo"
    with pytest.raises(SystemExit, match=r"error: .*nothing\.nemo"):
        main(["fetch", "--model", missing, "--model-cache", str(tmp_path / "cache")])


def test_transcribe_ends_with_the_reason_when_the_model_is_missing(tmp_path: Path) -> None:
    missing = f"file://{tmp_path}/nothing.nemo"
    with pytest.raises(SystemExit, match=r"error: .*nothing\.nemo"):
        main(["transcribe", "a.wav", "--model", missing, "--model-cache", str(tmp_path)])
