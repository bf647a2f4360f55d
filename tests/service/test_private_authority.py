"""Downloads over https from a mirror whose certificate an organisation's own authority signed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.certificates import Authority, authority_in
from support.hub.server import Hub, running_hub
from support.models.look_alikes import archive_of

CONTENT, OTHER = archive_of("nvidia/tts_en_fastpitch"), archive_of("nvidia/tts_hifigan")
TIMEOUT_S = 60


@dataclass(frozen=True)
class Ended:
    """How a `fetch` ended."""

    status: int
    result: dict[str, Any]
    seconds: float

    @property
    def reason(self) -> str:
        """Why it failed."""
        return str(self.result["error"]["reason"])


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The organisation's authority, which the system does not know."""
    return authority_in(tmp_path_factory.mktemp("authorities") / "private")


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The one authority that the system knows."""
    return authority_in(tmp_path_factory.mktemp("authorities") / "public")


@pytest.fixture
def mirror(private: Authority) -> Iterator[Hub]:
    """A mirror of the hub, with a certificate of the private authority."""
    with running_hub(certificate=private.server) as hub:
        hub.add("acme/voice", {"voice.nemo": CONTENT})
        yield hub


@pytest.fixture
def server(public: Authority) -> Iterator[Hub]:
    """A file server with a certificate of the public authority."""
    with running_hub(certificate=public.server) as hub:
        hub.files["vocoder.nemo"] = OTHER
        yield hub


def fetched(
    tmp_path: Path, mirror: Hub, public: Authority, *, vocoder: str = "demo", **variables: str
) -> Ended:
    """How a process ended that fetched the mirror's voice, with these variables."""
    result = tmp_path / "result.json"
    command = [sys.executable, "-m", "nemo_voice_tts", "fetch", "--result", str(result)]
    command += ["--model", "acme/voice", "--vocoder", vocoder]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(tmp_path),
        "HF_ENDPOINT": mirror.url,
        "HF_HUB_DISABLE_XET": "1",
        "NEMO_VOICE_MODEL_CACHE": str(tmp_path / "cache"),
        "SSL_CERT_FILE": str(public.certificate),
    }
    began = time.monotonic()
    ended = subprocess.run(
        command, env=environment | variables, check=False, capture_output=True, timeout=TIMEOUT_S
    )
    return Ended(ended.returncode, json.loads(result.read_bytes()), time.monotonic() - began)


def test_ca_bundle_is_trusted_besides_the_systems_authorities(
    tmp_path: Path, mirror: Hub, server: Hub, private: Authority, public: Authority
) -> None:
    ended = fetched(
        tmp_path,
        mirror,
        public,
        vocoder=f"{server.url}/files/vocoder.nemo",
        NEMO_VOICE_CA_BUNDLE=str(private.certificate),
    )
    assert ended.status == 0, ended.result
    assert [one["role"] for one in ended.result["checkpoints"]] == ["model", "vocoder"]
    assert mirror.bodies()
    assert server.bodies()


def test_unknown_authority_is_named_as_the_reason_without_a_second_try(
    tmp_path: Path, mirror: Hub, public: Authority
) -> None:
    ended = fetched(tmp_path, mirror, public)
    assert (ended.status, ended.reason) == (1, "HubUntrusted")
    assert "is not trusted" in ended.result["error"]["message"]
    assert not mirror.seen
    assert ended.seconds < TIMEOUT_S / 2  # six tries wait 31 s


@pytest.mark.parametrize("content", [None, "no certificate\n", ""])
def test_ca_bundle_without_certificates_fails_with_its_own_reason(
    tmp_path: Path, mirror: Hub, public: Authority, content: str | None
) -> None:
    bundle = tmp_path / "ca.crt"
    if content is not None:
        bundle.write_text(content)
    ended = fetched(tmp_path, mirror, public, NEMO_VOICE_CA_BUNDLE=str(bundle))
    assert (ended.status, ended.reason) == (1, "CaBundleUnusable")
    assert str(bundle) in ended.result["error"]["message"]
