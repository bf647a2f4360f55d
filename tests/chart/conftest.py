"""What the chart's tests share: Helm with the chart, and a real API server of their own.

Their own, because the first thing they try is a cluster that knows no VoiceServices yet.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from hack.go_programs import GoProgramsMissingError
from support.kubernetes.api_server import ApiServer, running_api_server
from support.kubernetes.chart import EVERYTHING, Chart
from support.kubernetes.chart import chart as found_chart
from support.kubernetes.namespaces import fresh_namespace, namespace_name
from support.not_run import not_run


@pytest.fixture(scope="session")
def chart() -> Chart:
    """The chart, with the real Helm; a skip that says why there is none."""
    try:
        return found_chart()
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: what needs Helm and kubeconform: {reason}")


@pytest.fixture(scope="session")
def defaults(chart: Chart) -> list[dict[str, Any]]:
    """What the chart makes without any values."""
    return chart.objects()


@pytest.fixture(scope="session")
def everything() -> Mapping[str, Any]:
    """The values that set everything."""
    values: Mapping[str, Any] = yaml.safe_load(EVERYTHING.read_text())
    return values


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """A real API server and its store; a skip that says why there is none."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(running_api_server())
        except GoProgramsMissingError as reason:
            not_run(f"NOT RUN: what needs a Kubernetes API server: {reason}")
        yield server


@pytest.fixture
def namespace(api_server: ApiServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a new namespace, which is emptied and removed after the test."""
    with fresh_namespace(api_server, namespace_name(request.node.nodeid)) as name:
        yield name
