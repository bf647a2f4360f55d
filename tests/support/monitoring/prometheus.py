"""A real Prometheus on a loopback port, and promtool."""

import contextlib
import json
import math
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from hack.cluster.processes import start
from hack.go_programs import given_or_built
from support.ports import free_port

PROGRAMS = ("prometheus", "promtool")
_RESPONSE_TIMEOUT_S = 30


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that scrapes and evaluates every second."""

    address: str

    def values(self, query: str) -> list[float]:
        """Returns the numbers that a query has now; without those that are not finite."""
        response = self._result_of("query", query=query)["result"]
        found = [float(series["value"][1]) for series in response]
        return [value for value in found if math.isfinite(value)]

    def rules(self) -> list[dict[str, Any]]:
        """Returns every rule with the state of its last evaluation."""
        return [rule for group in self._result_of("rules")["groups"] for rule in group["rules"]]

    def _result_of(self, what: str, **parameters: str) -> dict[str, Any]:
        response = httpx.get(
            f"{self.address}/api/v1/{what}", params=parameters, timeout=_RESPONSE_TIMEOUT_S
        )
        assert response.is_success, response.text
        data: dict[str, Any] = response.json()["data"]
        return data


def binaries() -> Path:
    """Returns the folder of both programs: that of $NEMO_VOICE_DEV_PROMETHEUS, or else built.

    Raises:
        GoProgramsMissingError: a program is missing there, or cannot be built.
    """
    return given_or_built("NEMO_VOICE_DEV_PROMETHEUS", *PROGRAMS)


@contextlib.contextmanager
def running_prometheus(
    found: Path, folder: Path, targets: Mapping[str, str], rules: Path
) -> Iterator[Prometheus]:
    """Yields a Prometheus with these rules that scrapes one target for each job.

    A target is a host and a port; one that begins with `https://` is scraped over TLS.
    """
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [_scraped(job, target) for job, target in targets.items()],
    }
    # JSON is YAML.
    file = folder / "prometheus.yml"
    file.write_text(json.dumps(configuration))
    address = f"127.0.0.1:{free_port()}"
    daemon = start(
        "prometheus",
        [
            *(found / "prometheus", f"--config.file={file}"),
            *(f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}"),
        ],
        logs=folder,
    )
    try:
        daemon.wait_until(lambda: _is_ready(f"http://{address}"))
        yield Prometheus(f"http://{address}")
    finally:
        daemon.stop()


def _scraped(job: str, target: str) -> dict[str, object]:
    scheme, _, address = target.rpartition("://")
    return {
        "job_name": job,
        "scheme": scheme or "http",
        "tls_config": {"insecure_skip_verify": True},
        "static_configs": [{"targets": [address]}],
    }


def promtool(found: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Returns the exit status and the output of one command of promtool."""
    return subprocess.run(
        [found / "promtool", *arguments], check=False, capture_output=True, text=True
    )


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/-/ready", timeout=_RESPONSE_TIMEOUT_S).is_success
    except httpx.TransportError:
        return False
