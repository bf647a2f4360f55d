"""The tools that pack a release, without those that need a container."""

import tarfile
from pathlib import Path

import pytest

from hack.go_programs import GoProgramsMissingError, programs
from support.not_run import not_run
from tools.chart import package
from tools.images import __main__ as images
from tools.release.versions import project_version


def test_the_chart_and_the_manifests_are_packed(tmp_path: Path) -> None:
    try:
        helm = programs("helm") / "helm"
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: packing the chart: {reason}")
    packed, *manifests = package.pack(helm, tmp_path / "dist")
    assert packed.name == f"nemo-voice-{project_version()}.tgz"
    with tarfile.open(packed) as archive:
        names = archive.getnames()
    assert {"nemo-voice/Chart.yaml", "nemo-voice/crds/crd.yaml"} <= set(names)
    assert [path.name for path in manifests] == ["crd.yaml", "install.yaml"]
    assert all(path.stat().st_size > 1000 for path in manifests)


def test_push_without_a_registry_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["images.py", "push"])
    with pytest.raises(SystemExit) as ended:
        images.main()
    assert ended.value.code == 2
    assert "--registry registry.example.com/speech" in capsys.readouterr().err
