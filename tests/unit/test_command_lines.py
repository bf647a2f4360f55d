"""The services' command lines: what they print and how they end, without a model."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nemo_voice_serving.cli.progress_line import drawn_progress
from nemo_voice_serving.model_store.progress import Phase, Progress
from nemo_voice_serving.setting_fields import leaf_fields
from nemo_voice_serving.settings import ServiceSettings
from nemo_voice_stt.__main__ import main as stt
from nemo_voice_stt.settings import SttSettings
from nemo_voice_tts.__main__ import main as tts
from nemo_voice_tts.settings import TtsSettings
from support.docs.repository import ROOT
from support.ports import free_port

Main = Callable[[list[str]], int]
DEMO_MODELS = ROOT / "models" / "demo"
BOTH = [pytest.param(tts, id="tts"), pytest.param(stt, id="stt")]


@pytest.mark.parametrize(
    ("main", "settings"),
    [pytest.param(tts, TtsSettings, id="tts"), pytest.param(stt, SttSettings, id="stt")],
)
def test_help_names_every_setting_and_its_default(
    main: Main, settings: type[ServiceSettings], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert printed.startswith("usage: ")
    assert "serve [SETTINGS]\n" in printed
    assert "--device {auto,cpu,cuda}" in printed
    assert "(default: 16)" in printed
    flags = ["--" + "-".join(path).replace("_", "-") for path, _ in leaf_fields(settings)]
    assert [flag for flag in flags if f"\n  {flag} " not in printed] == []


@pytest.mark.parametrize("main", BOTH)
def test_an_unknown_flag_is_named_and_ends_with_status_2(
    main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--modle", "demo"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --modle demo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("main", "checkpoints"), [pytest.param(tts, 2, id="tts"), pytest.param(stt, 1, id="stt")]
)
def test_fetch_prints_where_the_files_are(
    main: Main, checkpoints: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "--model-cache", str(tmp_path), "--demo-models", str(DEMO_MODELS)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == checkpoints
    for line in lines:
        directory, _revision, digest = line.split()
        assert (Path(directory) / "model_config.yaml").exists()
        assert digest.startswith("sha256:")


@pytest.mark.parametrize(
    ("main", "roles"),
    [pytest.param(tts, ["model", "vocoder"], id="tts"), pytest.param(stt, ["model"], id="stt")],
)
def test_fetch_writes_its_result_to_a_file(main: Main, roles: list[str], tmp_path: Path) -> None:
    cache, result = tmp_path / "cache", tmp_path / "result.json"
    command = ["fetch", "--model-cache", str(cache), "--demo-models", str(DEMO_MODELS)]
    assert main([*command, "--result", str(result), "--progress-port", str(free_port())]) == 0
    checkpoints = json.loads(result.read_text())["checkpoints"]
    assert [checkpoint["role"] for checkpoint in checkpoints] == roles
    for checkpoint in checkpoints:
        assert (cache / checkpoint["directory"] / "model_config.yaml").exists()


@pytest.mark.parametrize("main", BOTH)
def test_only_fetch_has_a_result_file_and_a_progress_port(
    main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["fetch", "--help"])
    assert "fetch [--result FILE] [--progress-port N] [SETTINGS]" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    assert "--result" not in capsys.readouterr().out


@pytest.mark.parametrize("main", BOTH)
def test_check_fails_without_the_model_in_the_cache(main: Main, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    places = ["--model-cache", str(tmp_path / "cache"), "--result", str(result)]
    with pytest.raises(SystemExit, match="error: nvidia/a-model is not in "):
        main(["check", "--model", "nvidia/a-model", *places])
    assert json.loads(result.read_text())["error"]["reason"] == "OfflineMissing"


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_progress_port_outside_1_to_65535_is_refused(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        stt(["fetch", f"--progress-port={port}"])
    assert f"{port!r} is not a port: write 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("main", BOTH)
def test_fetch_of_a_missing_file_names_the_file(main: Main, tmp_path: Path) -> None:
    missing = f"file://{tmp_path}/nothing.nemo"
    with pytest.raises(SystemExit, match=r"error: .*nothing\.nemo"):
        main(["fetch", "--model", missing, "--model-cache", str(tmp_path / "cache")])


@pytest.mark.parametrize(
    ("main", "work"),
    [
        pytest.param(tts, ["say", "Hello.", "--out", "out.wav"], id="tts"),
        pytest.param(stt, ["transcribe", "a.wav"], id="stt"),
    ],
)
def test_say_and_transcribe_end_with_the_reason_when_the_model_is_missing(
    main: Main, work: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    missing = f"file://{tmp_path}/nothing.nemo"
    with pytest.raises(SystemExit, match=r"error: .*nothing\.nemo"):
        main([*work, "--model", missing, "--model-cache", str(tmp_path / "cache")])
    assert not Path("out.wav").exists()


def test_progress_is_one_line_for_each_call() -> None:
    stream = io.StringIO()
    draw = drawn_progress(stream)
    draw(Progress(Phase.DOWNLOADING, 1_000_000, 4_000_000, 2.0))
    draw(Progress(Phase.RESOLVING, 0, None, 0.1))
    assert stream.getvalue().splitlines() == [
        "downloading        1.0 of 4.0 MB ( 25%)    2.0 s",
        "resolving          0.0 MB    0.1 s",
    ]
