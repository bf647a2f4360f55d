"""Which versions an advisory touches, by OSV's rules, and which pins are found by it."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tools.audit.advisories import Pin, findings, is_affected, read_all
from tools.audit.pins import go_pins, python_pins
from tools.audit.versions import GO, PYPI, UnreadableVersionError, order


def part(*events: dict[str, str], kind: str = "ECOSYSTEM", **more: Any) -> dict[str, Any]:
    return {"ranges": [{"type": kind, "events": list(events)}], **more}


def advisory(name: str, ecosystem: str = PYPI, **more: Any) -> dict[str, Any]:
    affected = part({"introduced": "0"}, {"fixed": "2"})
    package = {"package": {"ecosystem": ecosystem, "name": name}}
    return {"id": "X-1", "summary": "a  fault", "affected": [affected | package], **more}


@pytest.mark.parametrize(
    ("version", "is_touched"),
    [("0.1", True), ("1.9.9", True), ("2.0rc1", True), ("2.0", False), ("2.1", False)],
)
def test_a_version_is_touched_until_it_is_fixed(version: str, is_touched: bool) -> None:
    touched = is_affected(part({"introduced": "0"}, {"fixed": "2.0"}), PYPI, version)
    assert touched is is_touched


@pytest.mark.parametrize(("version", "is_touched"), [("1.5", True), ("1.6", False)])
def test_the_last_version_that_is_touched_is_touched(version: str, is_touched: bool) -> None:
    events = part({"introduced": "1.0"}, {"last_affected": "1.5"})
    assert is_affected(events, PYPI, version) is is_touched


def test_a_fault_that_came_back_touches_both_stretches_whatever_their_order() -> None:
    events = part({"fixed": "4"}, {"introduced": "3"}, {"introduced": "1"}, {"fixed": "2"})
    touched = [one for one in ("0.5", "1", "2", "3", "3.9", "4") if is_affected(events, PYPI, one)]
    assert touched == ["1", "3", "3.9"]


def test_a_listed_version_is_touched_and_a_range_of_commits_says_nothing() -> None:
    assert is_affected({"versions": ["1.0"]}, PYPI, "1.0")
    assert not is_affected(part({"introduced": "0"}, kind="GIT"), PYPI, "1.0")


def test_go_versions_are_in_the_order_of_semantic_versioning() -> None:
    listed = [
        "0",
        "0.0.0-20250101000000-abcdef",
        "1.0.0-alpha.2",
        "1.0.0-alpha.10",
        "1.0.0-alpha.beta",
        "1.0.0",
        "1.2.0+incompatible",
        "1.10.0",
    ]
    orders = [order(GO, one) for one in listed]
    assert all(older < newer for older, newer in pairwise(orders))


@pytest.mark.parametrize(("ecosystem", "version"), [(PYPI, "one"), (GO, "1.x")])
def test_a_version_of_another_form_is_refused(ecosystem: str, version: str) -> None:
    with pytest.raises(UnreadableVersionError):
        order(ecosystem, version)


def test_a_pin_is_found_under_any_spelling_of_its_name() -> None:
    pin = Pin(PYPI, "jaraco-functools", "1.0", "a.txt")
    (found,) = findings([pin], [advisory("Jaraco.Functools", aliases=["CVE-1"])])
    assert (found.pin, found.summary, found.fixed) == (pin, "a fault", ("2",))
    assert found.names == {"X-1", "CVE-1"}


def test_a_package_of_another_ecosystem_is_not_meant() -> None:
    pin = Pin(PYPI, "compress", "1.0", "a.txt")
    assert findings([pin], [advisory("compress", ecosystem=GO)]) == []


def test_withdrawn_advisories_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(json.dumps(advisory("a")))
    (tmp_path / "2.json").write_text(json.dumps(advisory("b", withdrawn="2026-01-01T00:00:00Z")))
    (one,) = read_all(tmp_path)
    assert one["affected"][0]["package"]["name"] == "a"


def test_every_pin_has_a_version_that_can_be_compared() -> None:
    pins = [*python_pins(), *go_pins()]
    assert {"torch", "kopf", "k8s.io/kubernetes"} <= {pin.name for pin in pins}
    for pin in pins:
        assert order(pin.ecosystem, pin.version) > order(pin.ecosystem, "0")


def test_a_fault_in_what_is_shipped_is_found() -> None:
    shipped = [pin for pin in python_pins() if pin.name == "torch"]
    everywhere = part({"introduced": "0"}) | {"package": {"ecosystem": PYPI, "name": "torch"}}
    found = findings(shipped, [{"id": "X-1", "affected": [everywhere]}])
    assert {one.pin.file for one in found} >= {"requirements/nemo.txt"}
