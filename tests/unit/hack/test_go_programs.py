"""The Go programs: found by name, built once, built again when their pins change."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hack.cluster.single_node import MODULES as CLUSTER_MODULES
from hack.go_programs import GoProgramsMissingError, catalogue, chosen, programs, sources
from support.kubernetes.api_server import PROGRAMS as API_SERVER_PROGRAMS
from support.not_run import not_run


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one pinned module with one program, and a cache that is empty."""
    monkeypatch.setenv("NEMO_VOICE_DEV_CACHE", str(tmp_path / "cache"))
    module = tmp_path / "go" / "greeting"
    (module / "cmd").mkdir(parents=True)
    (module / "go.mod").write_text("module greeting\n\ngo 1.26\n")
    (module / "go.sum").touch()
    pins = '//go:build tools\n\npackage tools\n\nimport (\n\t_ "greeting/cmd" // as greet\n)\n'
    (module / "tools.go").write_text(pins)
    (module / "cmd" / "main.go").write_text('package main\n\nfunc main() { print("hello") }\n')
    return module.parent


@pytest.fixture
def without_go(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no Go."""
    monkeypatch.setenv("PATH", str(modules))


def test_what_the_tests_and_the_cluster_want_is_pinned() -> None:
    assert {program.name for program in chosen(API_SERVER_PROGRAMS)} == set(API_SERVER_PROGRAMS)
    names = {program.name for program in chosen(CLUSTER_MODULES)}
    assert {"kubelet", "kubectl", "containerd", "coredns", "etcd", "helm"} <= names


def test_kubernetes_programs_are_built_with_the_pinned_version() -> None:
    flags = catalogue()["kube-apiserver"].linker_flags
    assert re.search(r"gitVersion=v1\.(\d+)\.\d+ .*gitMajor=1 .*gitMinor=\1$", flags)


def test_a_programs_own_build_tags_follow_those_of_all() -> None:
    *_, tags = catalogue()["prometheus"].flags
    assert tags == "-tags=no_btrfs,no_zfs,remove_all_sd,enable_kubernetes_sd"
    *_, tags = catalogue()["etcd"].flags
    assert tags == "-tags=no_btrfs,no_zfs"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(GoProgramsMissingError, match="hack/go pins no kube-nothing"):
        programs("kube-nothing")


def test_sources_that_nothing_pins_are_refused() -> None:
    with pytest.raises(GoProgramsMissingError, match="hack/go pins no kube-nothing"):
        sources("kube-nothing")


@pytest.mark.usefixtures("without_go")
def test_without_go_the_message_says_what_wants_which_go(modules: Path) -> None:
    with pytest.raises(GoProgramsMissingError, match=r"Go 1\.26 .* to build greet; there is no go"):
        programs("greet", modules=modules)


def test_a_program_is_built_once_and_again_when_its_pins_change(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("go") is None:
        not_run("NOT RUN: what needs Go: there is no go on PATH")
    built = programs("greeting", modules=modules)
    printed = subprocess.run([built / "greet"], check=True, capture_output=True, text=True).stderr
    assert printed == "hello"
    # Whatever would build it needs Go, so only what was built can be returned now.
    monkeypatch.setenv("PATH", str(modules))
    assert programs("greet", modules=modules) == built
    (modules / "greeting" / "go.sum").write_text("\n")
    with pytest.raises(GoProgramsMissingError):
        programs("greet", modules=modules)
