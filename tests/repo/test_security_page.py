"""Statements of the security page about the chart, the operator and archives are true."""

import re
from pathlib import Path
from typing import Any

import pytest

from hack.go_programs import GoProgramsMissingError
from nemo_voice_operator.kube.rbac import definition_rules, other_rules, own_rules, rules
from nemo_voice_serving.model_store.archive import MAX_MEMBERS, MAX_UNPACKED_BYTES
from support.docs.repository import text_of, tracked_files
from support.kubernetes.chart import Chart
from support.kubernetes.chart import chart as found_chart
from support.not_run import not_run

PAGE = Path("docs/security.md")
WITHOUT_RBAC: dict[str, Any] = {"rbac": {"create": False}}
NAMESPACED: dict[str, Any] = {
    "operator": {"watchNamespaces": ["speech"]},
    "rbac": {"aggregate": False, "leases": False},
    "crds": {"apply": "never"},
}
NAMESPACED_KINDS = {
    "Deployment",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Role",
    "RoleBinding",
    "Service",
    "ServiceAccount",
}


@pytest.fixture(scope="module")
def chart() -> Chart:
    """The chart, with the real Helm; a skip that says why there is none."""
    try:
        return found_chart()
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: what the security page says of the chart: {reason}")


def cluster_roles(objects: list[dict[str, Any]]) -> set[str]:
    return {
        one["metadata"]["name"].rpartition("-")[2]
        for one in objects
        if one["kind"].startswith("ClusterRole")
    }


def test_without_rbac_the_chart_still_makes_the_roles_of_hook_and_aggregation(
    chart: Chart,
) -> None:
    assert cluster_roles(chart.objects(WITHOUT_RBAC)) == {"definition", "view", "edit"}
    fewer = {"rbac": {"create": False, "aggregate": False}}
    assert cluster_roles(chart.objects(fewer)) == {"definition"}
    assert cluster_roles(chart.objects({**fewer, "crds": {"apply": "never"}})) == set()


def test_the_hooks_role_is_deleted_after_success(chart: Chart) -> None:
    (role,) = [
        one for one in chart.objects() if one["kind"] == "ClusterRole" and "hook" in str(one)
    ]
    policy = role["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
    assert set(policy.split(",")) == {"before-hook-creation", "hook-succeeded"}
    assert [rule["verbs"] for rule in role["rules"]] == [["create", "patch"]]
    assert all(name in text_of(PAGE) for rule in role["rules"] for name in rule["resourceNames"])


def test_with_four_values_the_chart_makes_namespaced_objects_only(chart: Chart) -> None:
    assert {one["kind"] for one in chart.objects(NAMESPACED)} <= NAMESPACED_KINDS


def test_the_operator_has_no_right_on_secrets_or_nodes() -> None:
    granted: list[Any] = [
        *rules(),
        *own_rules("operator"),
        *other_rules(),
        *definition_rules(),
    ]
    resources = {one for rule in granted for one in rule["resources"]}
    assert "voiceservices/status" in resources
    assert not resources & {"secrets", "nodes", "*"}


def test_the_bounds_of_an_archive_are_those_of_the_page() -> None:
    stated = f"at most {MAX_MEMBERS:,} members and {MAX_UNPACKED_BYTES // 2**30} GiB unpacked"
    assert stated in " ".join(text_of(PAGE).split())


def test_every_file_named_on_the_security_page_exists() -> None:
    named = set(re.findall(r"`(?:[\w/…]*/)?([\w-]+\.(?:py|tpl|yaml))`", text_of(PAGE)))
    assert len(named) > 10
    assert named - {path.name for path in tracked_files()} == set()
