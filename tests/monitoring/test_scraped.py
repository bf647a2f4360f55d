"""A real Prometheus reads both services on the demo models, and an operator, under some load.

The metrics of the dashboards and of the alerts are there.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from hack.go_programs import GoProgramsMissingError
from support.certificates import authority_in
from support.http.calling import calling
from support.http.live_speakers import say_once
from support.http.service_process import service_process
from support.kubernetes.api_server import running_api_server
from support.kubernetes.definitions import VOICE_SERVICES, define_voice_services
from support.kubernetes.namespaces import fresh_namespace
from support.monitoring.files import DASHBOARDS, RULES, queries, rules, selectors
from support.monitoring.prometheus import Prometheus, running_prometheus
from support.not_run import not_run
from support.operator.operating import create_demo, grant, operator_process
from support.ports import free_port
from tools import demo

NAMESPACE = "monitored"
TIMEOUT_S = 240.0

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Scene:
    """A Prometheus, and the queries without data at the end of the wait."""

    prometheus: Prometheus
    without_data: dict[str, list[str]]


@pytest.fixture(scope="module")
def scene(
    programs_of_prometheus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Prometheus, after requests to both services until every query had data, or a timeout."""
    folder = tmp_path_factory.mktemp("prometheus")
    with ExitStack() as stack:
        operator, change = _started_operator(stack, folder)
        tts = demo.Service("tts", "nemo_voice_tts", free_port())
        stt = demo.Service("stt", "nemo_voice_stt", free_port())
        demo.wait_until_ready({one: stack.enter_context(demo.running(one)) for one in (tts, stt)})
        targets = {one.name: one.address.removeprefix("http://") for one in (tts, stt)}
        targets["operator"] = operator
        pair = authority_in(folder / "authority").pair("scraped")
        secure = stack.enter_context(service_process("tts", folder, tls=pair.settings))
        targets["secure"] = f"https://127.0.0.1:{secure.port}"
        prometheus = stack.enter_context(
            running_prometheus(programs_of_prometheus, folder, targets, RULES)
        )
        stack.enter_context(calling(tts.address, call=_spoken))
        stack.enter_context(calling(stt.address))
        stack.enter_context(calling(stt.address, call=_heard_live))
        yield Scene(prometheus, _queries_without_data(prometheus, change))


def test_every_query_of_the_dashboards_has_data(scene: Scene) -> None:
    assert scene.without_data == {path.stem: [] for path in DASHBOARDS}


def test_every_rule_is_evaluated_and_what_it_records_is_there(scene: Scene) -> None:
    loaded = scene.prometheus.rules()
    assert len(loaded) == len([*rules("alert"), *rules("record")])
    assert [rule["name"] for rule in loaded if rule["health"] != "ok"] == []
    records = [rule["record"] for rule in rules("record")]
    assert [name for name in records if not scene.prometheus.values(name)] == []


@pytest.mark.parametrize("alert", rules("alert"), ids=lambda rule: rule["alert"])
def test_an_alert_is_silent_in_health_and_what_it_looks_at_is_there(
    scene: Scene, alert: dict[str, str]
) -> None:
    assert (
        scene.prometheus.values(f'ALERTS{{alertname="{alert["alert"]}",alertstate="firing"}}') == []
    )
    found = selectors(alert["expr"])
    assert found
    for selector in found:
        labels = ",".join(f'{label}!=""' for label, _ in selector.wanted)
        assert scene.prometheus.values(f"{selector.metric}{{{labels}}}"), selector.metric


def _started_operator(stack: ExitStack, folder: Path) -> tuple[str, Callable[[], None]]:
    """Returns where the metrics of an operator are, and what changes its VoiceService."""
    try:
        server = stack.enter_context(running_api_server())
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: what needs a Kubernetes API server: {reason}")
    define_voice_services(server)
    stack.enter_context(fresh_namespace(server, NAMESPACE))
    kubeconfig = grant(server, NAMESPACE, cluster_wide=False)
    port = free_port()
    settings = {"namespace": NAMESPACE, "watched": NAMESPACE, "metrics_port": str(port)}
    stack.enter_context(operator_process(kubeconfig, folder / "operator.log", **settings))
    create_demo(server, NAMESPACE, scaling={"min": 1, "max": 2})
    numbers = itertools.count()

    def change() -> None:
        path = f"{VOICE_SERVICES.format(namespace=NAMESPACE)}/narrator"
        spec = {"podAnnotations": {"example.com/change": str(next(numbers))}}
        merge = {"Content-Type": "application/merge-patch+json"}
        server.http.patch(path, json={"spec": spec}, headers=merge).raise_for_status()

    return f"127.0.0.1:{port}", change


def _queries_without_data(
    prometheus: Prometheus, change: Callable[[], None]
) -> dict[str, list[str]]:
    """Returns the queries without data by dashboard, after all have data or a timeout.

    An operator at rest has no latencies, so something is changed all the time.
    """
    deadline_s = time.monotonic() + TIMEOUT_S
    missing = {path.stem: queries(path) for path in DASHBOARDS}
    while any(missing.values()) and time.monotonic() < deadline_s:
        change()
        time.sleep(1)
        missing = {
            name: [query for query in wanted if not prometheus.values(query)]
            for name, wanted in missing.items()
        }
    return missing


def _spoken(address: str, client: httpx.Client) -> httpx.Response:
    return client.post(f"{address}/synthesize", json={"text": "Good morning."})


def _heard_live(address: str, _client: httpx.Client) -> httpx.Response:
    assert say_once(address)
    return httpx.Response(200, request=httpx.Request("GET", address))
