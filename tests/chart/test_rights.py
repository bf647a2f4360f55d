"""What the accounts that the chart makes may do, as a real API server decides it.

The tables are those of `kubectl auth can-i --list`, without what every account may do.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_operator.kube.kinds import OPTIONAL
from nemo_voice_operator.kube.rbac import Right, managed_rights, own_rights
from support.golden import GoldenText
from support.kubernetes.api_server import ApiServer
from support.kubernetes.chart import NAME, NAMESPACE, Chart
from support.kubernetes.definitions import define_voice_services
from support.kubernetes.namespaces import fresh_namespace
from support.kubernetes.released import applied_objects

MANAGED, OTHER = "managed", "other"
KINDS = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
INSTALLATIONS: Mapping[str, Mapping[str, Any]] = {
    "cluster-wide": {},
    "namespaced": {"operator": {"watchNamespaces": [NAMESPACE, MANAGED]}},
}
PLACES = (NAMESPACE, MANAGED, "kube-system", "")
BEYOND_DISCOVERY = (
    ("", "serviceaccounts", "impersonate"),
    ("", "users", "impersonate"),
    ("", "groups", "impersonate"),
    ("rbac.authorization.k8s.io", "roles", "bind"),
    ("rbac.authorization.k8s.io", "roles", "escalate"),
    ("rbac.authorization.k8s.io", "clusterroles", "bind"),
    ("rbac.authorization.k8s.io", "clusterroles", "escalate"),
    ("certificates.k8s.io", "signers", "approve"),
    ("certificates.k8s.io", "signers", "sign"),
    ("", "nodes/metrics", "get"),
    ("*", "*", "*"),
)
"""Verbs and resources that the API server authorizes and discovery does not list."""


@dataclass(frozen=True)
class Installed:
    """An installation's accounts on an API server."""

    name: str
    chart: Chart
    server: ApiServer

    def account(self, name: str = NAME) -> str:
        """Returns the name by which the API server knows a service account of the release."""
        return f"system:serviceaccount:{NAMESPACE}:{name}"

    def allows(self, place: str, group: str, resource: str, verb: str) -> bool:
        """Returns whether the operator may do this in a namespace, or outside all of them."""
        kind, _, part = resource.partition("/")
        asked = {"group": group, "resource": kind, "subresource": part, "verb": verb}
        spec = {
            "user": self.account(),
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}"],
            "resourceAttributes": {**asked, "namespace": place},
        }
        review = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        allowed: bool = self.server.send("POST", review, {"spec": spec})["status"]["allowed"]
        return allowed

    def listed(self, kubeconfig: Path, namespace: str) -> list[str]:
        """Returns the rows of `kubectl auth can-i --list`, without the widths of its columns."""
        done = subprocess.run(
            [
                *(self.chart.binaries / "kubectl", "--kubeconfig", kubeconfig),
                *("auth", "can-i", "--list", "--no-headers", "--namespace", namespace),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        return [re.sub(r" {2,}", "  ", line).strip() for line in done.stdout.splitlines()]


@pytest.fixture(scope="module", params=INSTALLATIONS)
def installed(
    request: pytest.FixtureRequest, chart: Chart, api_server: ApiServer
) -> Iterator[Installed]:
    """The accounts and roles of each installation in turn."""
    define_voice_services(api_server)
    made = chart.objects(INSTALLATIONS[request.param])
    with (
        fresh_namespace(api_server, NAMESPACE),
        fresh_namespace(api_server, MANAGED),
        fresh_namespace(api_server, OTHER),
        applied_objects(chart, api_server, [one for one in made if one["kind"] in KINDS]),
    ):
        yield Installed(request.param, chart, api_server)


@pytest.mark.parametrize("account", ["operator", "definition"])
def test_kubectl_lists_the_reviewed_rights(
    installed: Installed, golden_text: GoldenText, account: str
) -> None:
    name = NAME if account == "operator" else f"{NAME}-definition"
    own = installed.server.service_account(NAMESPACE, name)
    anybody = installed.server.service_account(NAMESPACE, "anybody")
    lines: list[str] = []
    for place in (NAMESPACE, MANAGED, OTHER, "kube-system"):
        common = installed.listed(anybody, place)
        more = [row for row in installed.listed(own, place) if row not in common]
        lines += [f"# kubectl auth can-i --list --namespace {place}", *(more or ["nothing"]), ""]
    golden_text("\n".join(lines), f"rights/{account}-{installed.name}.txt")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place or "outside-namespaces")
def test_the_operator_may_do_nothing_beyond_its_list(installed: Installed, place: str) -> None:
    wanted = _allowed_in(place, is_cluster_wide=installed.name == "cluster-wide")
    asked = {*_every_request(installed.server), *BEYOND_DISCOVERY}
    assert len(asked) > 500
    allowed = {one for one in asked if installed.allows(place, *one)}
    # Every account may ask who it is and what it may do.
    allowed -= {one for one in allowed if one[1].startswith("self") and one[2] == "create"}
    # The kinds of Prometheus' operator and of the Gateway API are not in this cluster.
    missing = {kind.plural for kind in OPTIONAL}
    assert allowed == {one for one in wanted if one[1] not in missing}


def _allowed_in(place: str, *, is_cluster_wide: bool) -> set[tuple[str, str, str]]:
    rights: list[Right] = []
    if is_cluster_wide or place in {NAMESPACE, MANAGED}:
        rights += managed_rights()
    if place == NAMESPACE:
        rights += own_rights(NAME)
    # A right on objects of one name allows nothing to who names none.
    whole = [right for right in rights if not right.names]
    return {(right.group, right.resource, verb) for right in whole for verb in right.verbs}


def _every_request(server: ApiServer) -> Iterator[tuple[str, str, str]]:
    """Every verb of every resource and subresource that the API server knows."""
    for root in ("/api", "/apis"):
        for group in server.discovered(root):
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                for resource in version.get("resources", []):
                    yield from _requests_of(name, resource["resource"], resource["verbs"])
                    for part in resource.get("subresources", []):
                        kind = f"{resource['resource']}/{part['subresource']}"
                        yield from _requests_of(name, kind, part["verbs"])


def _requests_of(group: str, resource: str, verbs: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    yield from ((group, resource, verb) for verb in verbs)
