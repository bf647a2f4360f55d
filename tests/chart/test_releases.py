"""Releases on a real API server: installed twice, upgraded, rolled back, uninstalled."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from nemo_voice_operator.crd import crd
from nemo_voice_operator.kube.kinds import DEPLOYMENT, VOICE_SERVICE
from support.docs.documented import file_in
from support.kubernetes.api_server import ApiServer
from support.kubernetes.chart import CHART, NAME, RELEASE, Chart, named, settings
from support.kubernetes.definition_hook import played_jobs
from support.kubernetes.definitions import DEFINITIONS, define_voice_services
from support.kubernetes.namespaces import fresh_namespace, remove
from support.operator.operating import create_demo, found, operator_process
from support.waiting import until
from tools.chart import install_manifest
from tools.release.versions import project_version

DEFINITION = f"{DEFINITIONS}/voiceservices.nemo-voice.dev"
DEMO: Mapping[str, Any] = {"task": "stt", "model": {"source": "demo"}, "gpu": {"count": 0}}
RELEASED = {"voiceServices": {"listener": DEMO}}


@pytest.fixture
def elsewhere(api_server: ApiServer, namespace: str) -> Iterator[str]:
    """The name of a second namespace."""
    with fresh_namespace(api_server, f"{namespace}-2") as name:
        yield name


def test_a_release_is_removed_without_the_objects_of_others(
    chart: Chart, api_server: ApiServer, namespace: str, elsewhere: str
) -> None:
    _undefine(api_server)
    _helm(chart, api_server, namespace, "install", RELEASED)
    assert _specs(api_server, namespace, "listener")["task"] == "stt"
    create_demo(api_server, namespace, "by-hand")

    _make_the_definition_old(api_server)
    with played_jobs(api_server, namespace) as outputs:
        newer = {"images": {"tag": "2"}, "voiceServices": {"listener": {**DEMO, "replicas": 2}}}
        _helm(chart, api_server, namespace, "upgrade", newer)
    assert outputs == [""], "one Job, which had the rights that it needs"
    assert _columns(api_server) == _columns_of(crd())
    assert _specs(api_server, namespace, "listener")["replicas"] == 2
    assert _image(api_server, namespace).endswith(":2")

    _helm(chart, api_server, elsewhere, "install", {**RELEASED, "operator": {"enabled": False}})
    chart.helm("rollback", RELEASE, "1", *_place(namespace), kubeconfig=api_server.admin)
    assert _specs(api_server, namespace, "listener")["replicas"] == 1
    assert _image(api_server, namespace).endswith(f":{project_version()}")

    chart.helm("uninstall", RELEASE, *_place(namespace), kubeconfig=api_server.admin)
    assert found(api_server, VOICE_SERVICE, namespace, "listener") is None
    assert found(api_server, DEPLOYMENT, namespace, NAME) is None
    assert found(api_server, VOICE_SERVICE, namespace, "by-hand")
    assert found(api_server, VOICE_SERVICE, elsewhere, "listener")
    assert api_server.http.get(DEFINITION).is_success


def test_a_definition_that_an_older_release_left_is_replaced_on_request(
    chart: Chart, api_server: ApiServer, namespace: str
) -> None:
    define_voice_services(api_server)
    _make_the_definition_old(api_server)
    with played_jobs(api_server, namespace) as outputs:
        values = {**RELEASED, "crds": {"apply": "always"}}
        _helm(chart, api_server, namespace, "install", values, "--skip-crds")
    assert outputs == [""]
    assert _columns(api_server) == _columns_of(crd())
    chart.helm("uninstall", RELEASE, *_place(namespace), kubeconfig=api_server.admin)


@pytest.mark.parametrize("cluster_wide", [False, True], ids=["namespaced", "cluster-wide"])
def test_the_operator_works_with_the_rights_and_settings_of_the_chart(
    chart: Chart, api_server: ApiServer, namespace: str, tmp_path: Path, cluster_wide: bool
) -> None:
    watched = [] if cluster_wide else [namespace]
    values = {**RELEASED, "operator": {"watchNamespaces": watched}}
    _helm(chart, api_server, namespace, "install", values)
    made = found(api_server, DEPLOYMENT, namespace, NAME)
    assert made
    given = {name.lower(): text for name, text in settings([made]).items()}
    account = made["spec"]["template"]["spec"]["serviceAccountName"]
    kubeconfig = api_server.service_account(namespace, account)
    log = tmp_path / "operator.log"
    with operator_process(kubeconfig, log, **given):
        until("the Deployment", lambda: found(api_server, DEPLOYMENT, namespace, "listener"))
        until("the status", lambda: _phase(api_server, namespace) == "Pending")
    serving = found(api_server, DEPLOYMENT, namespace, "listener")
    assert serving
    (container,) = serving["spec"]["template"]["spec"]["containers"]
    assert container["image"] == given["image_stt"]
    user = f"system:serviceaccount:{namespace}:{account}"
    assert api_server.requests(user), "it was seen by the API server"
    assert api_server.denials(user) == []
    chart.helm("uninstall", RELEASE, *_place(namespace), kubeconfig=api_server.admin)


def test_the_api_server_accepts_every_object_with_strict_validation(
    chart: Chart,
    api_server: ApiServer,
    everything: Mapping[str, Any],
    namespace: str,
    elsewhere: str,
) -> None:
    define_voice_services(api_server)
    # The kinds of Prometheus' operator are not in this cluster.
    without = {"serviceMonitor": {"enabled": False}, "rules": {"enabled": False}}
    monitoring = {**everything["monitoring"], **without}
    operator = {**everything["operator"], "watchNamespaces": [namespace, elsewhere]}
    values = {**everything, "monitoring": monitoring, "operator": operator}
    made = chart.objects(values, *_place(namespace))
    strictly = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
    applied = _kubectl(chart, api_server, *strictly, objects=made)
    assert len(applied.splitlines()) == len(made)


def test_the_strictest_pod_security_admits_every_pod(
    chart: Chart, api_server: ApiServer, everything: Mapping[str, Any], namespace: str
) -> None:
    label = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    api_server.http.patch(
        f"/api/v1/namespaces/{namespace}",
        json=label,
        headers={"Content-Type": "application/merge-patch+json"},
    ).raise_for_status()
    pods = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    bare = {"containers": [{"name": "bare", "image": "x"}]}
    refused = api_server.http.post(pods, json={"metadata": {"name": "bare"}, "spec": bare})
    assert "violates PodSecurity" in refused.text
    made = chart.objects(everything, *_place("speech"))
    templates = [
        one["spec"]["template"]["spec"] for one in made if one["kind"] in {"Deployment", "Job"}
    ]
    for spec in (*templates, named(made, "Pod")["spec"]):
        body = {"metadata": {"name": "tried"}, "spec": {**spec, "restartPolicy": "Always"}}
        response = api_server.http.post(pods, json=body)
        assert response.is_success, response.text


@pytest.mark.usefixtures("chart")
def test_the_manifest_is_what_the_chart_makes() -> None:
    written = install_manifest.MANIFEST.read_text()
    assert written == install_manifest.rendered(), "run `make generate`"


def test_one_kubectl_apply_installs_the_same(chart: Chart, api_server: ApiServer) -> None:
    manifest = install_manifest.MANIFEST
    _kubectl(chart, api_server, "apply", "-f", str(manifest))
    try:
        assert found(api_server, DEPLOYMENT, install_manifest.NAMESPACE, "nemo-voice")
        kept = [one for one in yaml.safe_load_all(manifest.read_text()) if one]
        based = yaml.safe_load_all(_kubectl(chart, api_server, "kustomize", str(manifest.parent)))
        assert _by_name(kept) == _by_name(based)
    finally:
        remove(api_server, install_manifest.NAMESPACE)
        roles = "clusterroles,clusterrolebindings"
        _kubectl(chart, api_server, "delete", roles, "-l", "app.kubernetes.io/part-of=nemo-voice")


def test_the_documented_overlay_names_every_image_anew(
    chart: Chart, api_server: ApiServer, tmp_path: Path
) -> None:
    overlay = file_in("docs/helm.md", "overlay/kustomization.yaml, beside manifests/")
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(overlay)
    shutil.copytree(install_manifest.MANIFEST.parent, tmp_path / "manifests")
    made = _kubectl(chart, api_server, "kustomize", str(folder))
    images = re.findall(r"(\S*)nemo-voice-(operator|tts|stt):", made)
    assert {part for _, part in images} == {"operator", "tts", "stt"}
    assert {place for place, _ in images} == {"registry.example.com/speech/"}


def _helm(
    chart: Chart, server: ApiServer, namespace: str, verb: str, values: Any, *flags: str
) -> None:
    command = (verb, RELEASE, str(CHART), *_place(namespace), "--timeout", "120s", *flags)
    chart.helm(*command, values=values, kubeconfig=server.admin)


def _place(namespace: str) -> tuple[str, str]:
    return ("--namespace", namespace)


def _kubectl(chart: Chart, server: ApiServer, *arguments: str, objects: Any = None) -> str:
    done = subprocess.run(
        [str(chart.binaries / "kubectl"), "--kubeconfig", str(server.admin), *arguments],
        input=None if objects is None else yaml.safe_dump_all(objects),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: str = done.stdout
    return printed


def _undefine(server: ApiServer) -> None:
    server.http.delete(DEFINITION)
    until("no definition", lambda: server.http.get(DEFINITION).status_code == httpx.codes.NOT_FOUND)


def _make_the_definition_old(server: ApiServer) -> None:
    """Removes the printed columns, as if an older release had made the definition."""
    definition = server.send("GET", DEFINITION)
    del definition["spec"]["versions"][0]["additionalPrinterColumns"]
    server.send("PUT", DEFINITION, definition)
    assert _columns(server) != _columns_of(crd())


def _columns(server: ApiServer) -> list[str]:
    return _columns_of(server.send("GET", DEFINITION))


def _columns_of(definition: Any) -> list[str]:
    version = definition["spec"]["versions"][0]
    return [column["name"] for column in version.get("additionalPrinterColumns", ())]


def _specs(server: ApiServer, namespace: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = (found(server, VOICE_SERVICE, namespace, name) or {})["spec"]
    return spec


def _image(server: ApiServer, namespace: str) -> str:
    made = found(server, DEPLOYMENT, namespace, NAME) or {}
    image: str = made["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def _phase(server: ApiServer, namespace: str) -> str | None:
    resource = found(server, VOICE_SERVICE, namespace, "listener") or {}
    phase: str | None = resource.get("status", {}).get("phase")
    return phase


def _by_name(objects: Any) -> dict[tuple[str, str], Any]:
    return {(one["kind"], one["metadata"]["name"]): one for one in objects}
