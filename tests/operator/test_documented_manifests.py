"""Manifests of the pages about neighbours of the product are what a real API server accepts."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hack.go_programs import GoProgramsMissingError, programs
from support.docs.documented import Block, blocks
from support.kubernetes.api_server import ApiServer
from support.not_run import not_run

PAGES = ("ingress", "quotas", "meshes", "proxies", "backup")
STRICTLY = ("--server-side", "--dry-run=server", "--validate=strict", "--filename", "-")
MANIFESTS = [
    block
    for block in blocks()
    if str(block.page) in {f"docs/{page}.md" for page in PAGES}
    and block.language == "yaml"
    and "kind: " in block.content
]


@pytest.fixture(scope="module")
def binaries() -> Path:
    """Where kubectl is; a skip that says why there is none."""
    try:
        return programs("kubectl")
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: the manifests of the documents: {reason}")


def applied(binaries: Path, server: ApiServer, *arguments: str, given: str = "") -> str:
    """What kubectl printed; it must succeed."""
    done = subprocess.run(
        [str(binaries / "kubectl"), "--kubeconfig", str(server.admin), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("block", MANIFESTS, ids=str)
def test_the_api_server_accepts_a_documented_manifest(
    block: Block, with_gateways: ApiServer, binaries: Path, namespace: str
) -> None:
    objects: list[dict[str, Any]] = [one for one in yaml.safe_load_all(block.content) if one]
    for one in objects:
        one["metadata"].pop("namespace", None)
    given = yaml.safe_dump_all(objects)
    where = ("--namespace", namespace)
    printed = applied(binaries, with_gateways, "apply", *where, *STRICTLY, given=given)
    assert len(printed.splitlines()) == len(objects)


def test_every_page_shows_a_manifest() -> None:
    assert {str(block.page) for block in MANIFESTS} == {f"docs/{page}.md" for page in PAGES}
