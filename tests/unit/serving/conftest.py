"""Fixtures for the serving library's unit tests."""

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from support.hub.server import Hub, running_hub
from support.models.stores import disk_of


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on loopback, for a client that is online and has no token of its own."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", "/nonexistent")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    # It speaks plain HTTP: reading a machine's authorities would be most of the time of a test.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")
    with running_hub() as hub:
        yield hub


@pytest.fixture
def default_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """That hub, where settings name no other, as with `HF_ENDPOINT`."""
    constants = huggingface_hub.constants
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    return hub


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A real filesystem of its own, of the size that the test asks for."""
    with disk_of(tmp_path / "disk", request.param) as is_mounted:
        if not is_mounted:
            pytest.skip("a filesystem of its own needs the right to mount one")
        yield tmp_path / "disk"
