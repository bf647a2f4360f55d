"""TLS in a process of its own, with the event loop that serves outside the tests."""

import json
import signal
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.certificates import Authority, Pair, authority_in
from support.http.blocking_tls import response_to_much
from support.http.service_process import ServiceProcess, bystander, service_process
from support.waiting import until

TEXT = {"text": "Hello there."}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates."""
    return authority_in(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture
def mounted(tmp_path: Path, authority: Authority) -> Pair:
    """A pair in files that a test may change."""
    return authority.pair("mounted").copied_to(tmp_path / "mounted")


@pytest.fixture
def service(tmp_path: Path, mounted: Pair) -> Iterator[ServiceProcess]:
    """A service that shows it."""
    with service_process(
        "tts",
        tmp_path,
        tls=mounted.settings,
        max_upload_bytes=1024,
        drain={"delay_s": 0.5, "timeout_s": 40},
    ) as made:
        yield made


def levels(service: ServiceProcess) -> set[str]:
    """Returns the levels of the lines in its log, of which each has to be whole."""
    return {json.loads(line)["level"] for line in service.written().splitlines()}


def test_a_renewal_fails_no_request_and_needs_no_restart(
    service: ServiceProcess, mounted: Pair, authority: Authority
) -> None:
    renewed = authority.pair("renewed")

    def is_shown() -> bool:
        shown = ssl.get_server_certificate(("127.0.0.1", service.port), timeout=30)
        return ssl.PEM_cert_to_DER_cert(shown) == renewed.der()

    def call(client: httpx.Client) -> httpx.Response:
        return client.post(f"{service.address}/synthesize", json=TEXT)

    with bystander(
        lambda client: client.post(f"{service.address}/synthesize", json=TEXT)
    ) as others:
        renewed.copied_to(mounted.certificate.parent)
        until("the new certificate is shown", is_shown)
    assert others.failures == []
    assert levels(service) == {"info"}


def test_an_early_refusal_is_read_by_a_client_that_sends_everything_first(
    service: ServiceProcess, authority: Authority
) -> None:
    response = response_to_much(service.port, authority.client())
    assert response.startswith(b"HTTP/1.1 413 ")
    assert response.endswith(b"}")
    assert levels(service) == {"info"}


def test_a_stop_waits_for_no_idle_client_and_is_no_failure(
    service: ServiceProcess, authority: Authority
) -> None:
    with httpx.Client(verify=authority.client(), timeout=60) as pooled:
        assert pooled.post(f"{service.address}/synthesize", json=TEXT).status_code == 200
        began_s = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
        assert time.monotonic() - began_s < 20  # a goodbye alone may take a minute
    assert levels(service) == {"info"}
