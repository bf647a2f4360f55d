"""A VoiceService is saved, deleted without its owned objects, and created again, by kubectl.

No garbage collector runs beside the API server: the test does what it does for `orphan`.
"""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from hack.go_programs import GoProgramsMissingError, programs
from nemo_voice_operator.kube.kinds import (
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    OPTIONAL,
    OWNED,
    SERVICE,
    Kind,
)
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import VOICE_SERVICES
from support.not_run import not_run
from support.operator.operating import create_demo, found, grant, operator_process
from support.waiting import until

MERGED = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def binaries() -> Path:
    """Where kubectl is; a skip that says why there is none."""
    try:
        return programs("kubectl")
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: backup and restore: {reason}")


def kubectl(binaries: Path, server: ApiServer, namespace: str, *arguments: str) -> str:
    """What kubectl printed; it must succeed."""
    where = ("--kubeconfig", str(server.admin), "--namespace", namespace)
    done = subprocess.run(
        [str(binaries / "kubectl"), *where, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def owned_objects(server: ApiServer, namespace: str) -> list[tuple[Kind, dict[str, Any]]]:
    """Every object of the kinds that the operator makes."""
    kinds = [kind for kind in OWNED if kind not in OPTIONAL]
    return [
        (kind, thing)
        for kind in kinds
        for thing in server.send("GET", kind.path(namespace))["items"]
    ]


def orphan(server: ApiServer, namespace: str, path: str) -> None:
    """Removes the owner from the owned objects and lets the deletion end, as the collector does."""
    for kind, thing in owned_objects(server, namespace):
        place = kind.path(namespace, thing["metadata"]["name"])
        body = {"metadata": {"ownerReferences": None}}
        server.http.patch(place, json=body, headers=MERGED).raise_for_status()
    done = {"metadata": {"finalizers": None}}
    server.http.patch(path, json=done, headers=MERGED).raise_for_status()
    until("its end", lambda: server.http.get(path).status_code == 404)


def owners(server: ApiServer, namespace: str, kind: Kind) -> set[str]:
    """The uids of the owners of the object that has the VoiceService's name."""
    thing = found(server, kind, namespace, "narrator")
    assert thing
    return {one["uid"] for one in thing["metadata"].get("ownerReferences", ())}


def test_a_restored_voice_service_takes_its_running_objects_over(
    defined: ApiServer, binaries: Path, namespace: str, tmp_path: Path
) -> None:
    path = f"{VOICE_SERVICES.format(namespace=namespace)}/narrator"
    kubeconfig = grant(defined, namespace, cluster_wide=False)
    settings = {"namespace": namespace, "watched": namespace}
    log, saved = tmp_path / "operator.log", tmp_path / "narrator.saved.yaml"
    with operator_process(kubeconfig, log, **settings):
        create_demo(defined, namespace)
        # The last one that is applied.
        until("the budget", lambda: found(defined, DISRUPTION_BUDGET, namespace, "narrator"))
        before = {
            (kind.name, thing["metadata"]["name"]): thing["metadata"]["uid"]
            for kind, thing in owned_objects(defined, namespace)
        }
        written = kubectl(binaries, defined, namespace, "get", "voice", "narrator", "-o", "yaml")
        saved.write_text(written)
        kubectl(
            *(binaries, defined, namespace, "delete", "voice", "narrator"),
            *("--cascade=orphan", "--wait=false"),
        )
        orphan(defined, namespace, path)
        assert owners(defined, namespace, DEPLOYMENT) == set()
        kubectl(binaries, defined, namespace, "create", "--filename", str(saved))
        new = defined.send("GET", path)["metadata"]["uid"]
        until("a new owner", lambda: owners(defined, namespace, DEPLOYMENT) == {new})
        until("the other's", lambda: owners(defined, namespace, SERVICE) == {new})
        after = {
            (kind.name, thing["metadata"]["name"]): thing["metadata"]["uid"]
            for kind, thing in owned_objects(defined, namespace)
        }
    assert after == before
    serving = found(defined, DEPLOYMENT, namespace, "narrator")
    assert serving
    assert serving["metadata"]["generation"] == 1
