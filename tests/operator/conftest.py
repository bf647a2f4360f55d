"""What the operator's tests share: a real API server, and a new namespace for each test."""

import contextlib
from collections.abc import Iterator

import pytest

from hack.go_programs import GoProgramsMissingError
from support.kubernetes.api_server import ApiServer, running_api_server
from support.kubernetes.definitions import define_voice_services
from support.kubernetes.gateways import defined_gateways
from support.kubernetes.namespaces import fresh_namespace, namespace_name
from support.not_run import not_run


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """A real API server and its store, shared by all tests; a skip that says why there is none."""
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


@pytest.fixture(scope="session")
def defined(api_server: ApiServer) -> ApiServer:
    """The API server, which knows VoiceServices."""
    define_voice_services(api_server)
    return api_server


@pytest.fixture(scope="module")
def with_gateways(defined: ApiServer) -> Iterator[ApiServer]:
    """The API server, which also knows the Gateway API."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(defined_gateways(defined))
        except GoProgramsMissingError as reason:
            not_run(f"NOT RUN: what needs the definitions of the Gateway API: {reason}")
        yield defined
