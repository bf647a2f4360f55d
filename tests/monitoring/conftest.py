"""What the monitoring's tests share: the folder of prometheus and promtool."""

from pathlib import Path

import pytest

from hack.go_programs import GoProgramsMissingError
from support.monitoring.prometheus import binaries
from support.not_run import not_run


@pytest.fixture(scope="session")
def programs_of_prometheus() -> Path:
    """Where prometheus and promtool are; a skip that says why there are none."""
    try:
        return binaries()
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: what needs Prometheus: {reason}")
