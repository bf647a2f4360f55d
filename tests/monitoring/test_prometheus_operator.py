"""What the Prometheus operator, the real one, makes of our ServiceMonitors and rules.

It leaves out what it finds wrong, so what it configures a Prometheus with is what it takes. No pods
run here: the configuration that it writes is read.
"""

import base64
import contextlib
import gzip
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hack.cluster.processes import start
from hack.go_programs import GoProgramsMissingError, programs, sources
from nemo_voice_operator.kube.kinds import SERVICE_MONITOR
from support.kubernetes.api_server import ApiServer, running_api_server
from support.kubernetes.chart import Chart, chart, named
from support.kubernetes.definitions import DEFINITIONS, define_voice_services
from support.monitoring.files import RULES
from support.not_run import not_run
from support.operator.operating import create_demo, found, grant, operator_process
from support.ports import free_port
from support.waiting import until

NAMESPACE = "monitored"
GROUP = f"/apis/monitoring.coreos.com/v1/namespaces/{NAMESPACE}"
DEFINED = "example/prometheus-operator-crd"
YAML = {"Content-Type": "application/yaml"}
CHOOSES = ("serviceMonitor", "rule")
PROMETHEUS = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "Prometheus",
    "metadata": {"name": "all", "namespace": NAMESPACE},
    "spec": {
        "replicas": 1,
        **{f"{one}Selector": {} for one in CHOOSES},
        **{f"{one}NamespaceSelector": {} for one in CHOOSES},
    },
}
MONITORING = {
    "serviceMonitor": {"enabled": True},
    "rules": {"enabled": True},
    "dashboards": {"enabled": False},
}

# Building the Prometheus operator takes longer than CI's share.
pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Configured:
    """The configuration for a Prometheus."""

    scrapes: dict[str, dict[str, Any]]
    """What is scraped, by the name of the job."""
    rules: str
    file: Path


@pytest.fixture(scope="module")
def helm() -> Chart:
    """The chart, with the real Helm."""
    try:
        return chart()
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: what needs Helm: {reason}")


@pytest.fixture(scope="module")
def configured(helm: Chart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configured]:
    """The configuration, made of a VoiceService's monitor and of the chart's monitor and rules."""
    folder = tmp_path_factory.mktemp("prometheus-operator")
    with contextlib.ExitStack() as stack:
        try:
            binaries = programs("prometheus-operator")
            definitions = sources("prometheus-operator") / DEFINED
            server = stack.enter_context(running_api_server())
        except GoProgramsMissingError as reason:
            not_run(f"NOT RUN: what needs the Prometheus operator: {reason}")
        define_voice_services(server)
        for definition in sorted(definitions.glob("*.yaml")):
            # As it is: PyYAML does not read the bare `=` in one of them.
            server.http.post(
                DEFINITIONS, content=definition.read_bytes(), headers=YAML
            ).raise_for_status()
        until("their kinds", lambda: _knows(server))
        server.send("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        _install_monitoring(server, helm)
        create_demo(server, NAMESPACE, "narrator")
        kubeconfig = grant(server, NAMESPACE, cluster_wide=True)
        log = folder / "ours.log"
        stack.enter_context(operator_process(kubeconfig, log, namespace=NAMESPACE))
        until("a monitor", lambda: found(server, SERVICE_MONITOR, NAMESPACE, "narrator"))
        pki = server.admin.parent
        command = [
            *(str(binaries / "prometheus-operator"), f"--apiserver={server.url}"),
            *(f"--cert-file={pki / 'admin.crt'}", f"--key-file={pki / 'admin.key'}"),
            f"--ca-file={pki / 'ca.crt'}",
            *(f"--web.listen-address=127.0.0.1:{free_port()}", f"--namespaces={NAMESPACE}"),
        ]
        stack.callback(start("prometheus-operator", command, logs=folder).stop)
        server.send("POST", f"{GROUP}/prometheuses", PROMETHEUS)
        until("every monitor", lambda: len(_scrapes(server)) > 1, 120)
        until("the rules", lambda: _rules(server), 60)
        file = folder / "prometheus.yaml"
        file.write_text(_configuration(server))
        yield Configured(_scrapes(server), _rules(server), file)


def test_every_monitor_becomes_a_scrape_configuration(configured: Configured) -> None:
    names = {f"serviceMonitor/{NAMESPACE}/{name}/0" for name in ("narrator", "nv-nemo-voice")}
    assert set(configured.scrapes) == names
    for scrape in configured.scrapes.values():
        assert scrape["metrics_path"] == "/metrics"
        [place] = scrape["kubernetes_sd_configs"]
        assert place["namespaces"]["names"] == [NAMESPACE]


def test_a_monitor_of_a_voice_service_chooses_its_service_and_port(configured: Configured) -> None:
    relabelled = configured.scrapes[f"serviceMonitor/{NAMESPACE}/narrator/0"]["relabel_configs"]
    kept = [str(one["regex"]) for one in relabelled if one.get("action") == "keep"]
    assert any("narrator" in regex for regex in kept)
    assert "http" in kept


def test_the_configuration_has_every_rule(configured: Configured) -> None:
    taken = yaml.safe_load(configured.rules)["groups"]
    ours = yaml.safe_load(RULES.read_text())["groups"]
    assert [group["name"] for group in taken] == [group["name"] for group in ours]
    assert [len(group["rules"]) for group in taken] == [len(group["rules"]) for group in ours]


def test_prometheus_accepts_the_configuration(
    configured: Configured, programs_of_prometheus: Path
) -> None:
    command = (str(programs_of_prometheus / "promtool"), "check", "config", "--syntax-only")
    done = subprocess.run(
        (*command, str(configured.file)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _install_monitoring(server: ApiServer, helm: Chart) -> None:
    objects = helm.objects({"monitoring": MONITORING}, "--namespace", NAMESPACE)
    for kind, plural in {
        "ServiceMonitor": "servicemonitors",
        "PrometheusRule": "prometheusrules",
    }.items():
        server.send("POST", f"{GROUP}/{plural}", named(objects, kind))


def _knows(server: ApiServer) -> bool:
    plurals = ("servicemonitors", "prometheusrules", "prometheuses")
    return all(server.http.get(f"{GROUP}/{plural}").is_success for plural in plurals)


def _configuration(server: ApiServer) -> str:
    response = server.http.get(f"/api/v1/namespaces/{NAMESPACE}/secrets/prometheus-all")
    if not response.is_success:
        return ""
    packed = base64.b64decode(response.json().get("data", {}).get("prometheus.yaml.gz", ""))
    return gzip.decompress(packed).decode() if packed else ""


def _scrapes(server: ApiServer) -> dict[str, dict[str, Any]]:
    configuration = yaml.safe_load(_configuration(server)) or {}
    return {one["job_name"]: one for one in configuration.get("scrape_configs") or ()}


def _rules(server: ApiServer) -> str:
    response = server.http.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps").json()
    files = [text for one in response["items"] for text in (one.get("data") or {}).values()]
    return next((text for text in files if "groups:" in text), "")
