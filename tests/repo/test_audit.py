"""The audit finds a pin that is known to be bad, with the advisories that it is pinned to."""

import pytest

from hack.go_programs import GoProgramsMissingError, sources
from support.not_run import not_run
from tools.audit.advisories import Advisory, Finding, Pin, findings, read_all
from tools.audit.pins import go_pins
from tools.audit.versions import GO


@pytest.fixture(scope="module")
def advisories() -> list[Advisory]:
    """Go's advisories, as pinned; a skip that says why there are none."""
    try:
        return list(read_all(sources("vulndb") / "data" / "osv"))
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: the audit of Go modules: {reason}")


def found_at(version: str, advisories: list[Advisory]) -> list[Finding]:
    return findings([Pin(GO, "k8s.io/kubernetes", version, "go.mod")], advisories)


def test_an_old_version_with_known_faults_is_found(advisories: list[Advisory]) -> None:
    old = {name for one in found_at("1.20.0", advisories) for name in one.names}
    (pinned,) = {pin.version for pin in go_pins() if pin.name == "k8s.io/kubernetes"}
    new = {name for one in found_at(pinned, advisories) for name in one.names}
    # A fault of the API server's kind, which later versions do not have.
    assert "CVE-2021-25741" in old - new


def test_the_advisories_are_whole(advisories: list[Advisory]) -> None:
    assert len(advisories) > 4000
