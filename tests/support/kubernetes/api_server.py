"""A real kube-apiserver with its etcd for tests: users, service accounts, an audit log, restarts.

No controller runs beside it: nothing makes Pods of a Deployment, collects the children of what was
deleted, or finishes the deletion of a namespace. A test plays those parts itself.
"""

import contextlib
import json
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from hack.cluster import control_plane
from hack.cluster.certificates import Authority
from hack.cluster.processes import Daemon, start
from hack.go_programs import given_or_built
from support.ports import free_port

PROGRAMS = ("kube-apiserver", "etcd")
START_TIMEOUT_S = 120
REQUEST_TIMEOUT_S = 30
# Their work is finished by controllers, and no controller runs here.
_WITHOUT_CONTROLLERS = "ServiceAccount,StorageObjectInUseProtection"
_AGGREGATED_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver", "system:anonymous"]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True)
class Request:
    """One request as the API server's audit log records it."""

    user: str
    verb: str
    path: str
    code: int
    allowed: bool


class ApiServer:
    """An API server on a loopback port that authorizes by RBAC and has an audit log."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.url = f"https://127.0.0.1:{(port := free_port())}"
        self._folder = folder
        self._authority = Authority.made_in(folder / "pki")
        control_plane.issue_certificates(self._authority)
        self._audit_log = folder / "audit.log"
        self._audit_policy = folder / "audit-policy.json"
        self._audit_policy.write_text(json.dumps(_AUDIT_POLICY))
        etcd_port = free_port()
        self._etcd = control_plane.etcd(
            binaries, folder / "etcd", port=etcd_port, peer_port=free_port()
        )
        self._command = [
            *control_plane.api_server(
                binaries, self._authority, port=port, etcd_port=etcd_port, modes="RBAC"
            ),
            *("--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"),
            *(
                "--endpoint-reconciler-type=none",
                f"--disable-admission-plugins={_WITHOUT_CONTROLLERS}",
            ),
            *(f"--audit-policy-file={self._audit_policy}", f"--audit-log-path={self._audit_log}"),
        ]
        self._daemon: Daemon | None = None

    @cached_property
    def admin(self) -> Path:
        """The kubeconfig of an administrator, who has all rights."""
        return self._authority.kubeconfig("admin", server=self.url)

    @cached_property
    def http(self) -> httpx.Client:
        """The administrator's HTTP client; paths are the API's own, such as /api/v1/nodes."""
        pki = self._authority.folder
        context = ssl.create_default_context(cafile=str(self._authority.certificate))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        return httpx.Client(
            base_url=self.url, verify=context, timeout=REQUEST_TIMEOUT_S, trust_env=False
        )

    def kubeconfig(self, user: str, *groups: str) -> Path:
        """Returns the kubeconfig of a user in these groups; RBAC gives it its rights."""
        self._authority.issue(f"user-{user}", user=user, groups=groups)
        return self._authority.kubeconfig(f"user-{user}", server=self.url)

    def service_account(self, namespace: str, name: str) -> Path:
        """Returns the kubeconfig of a service account, which is created if it is missing.

        In the audit log and in RBAC it is `system:serviceaccount:<namespace>:<name>`.
        """
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        made = self.http.post(accounts, json={"metadata": {"name": name}})
        if made.status_code != httpx.codes.CONFLICT:
            made.raise_for_status()
        token = self.send("POST", f"{accounts}/{name}/token", {})["status"]["token"]
        return self._authority.kubeconfig(
            f"account-{namespace}-{name}", server=self.url, token=token
        )

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Returns the response to a request of the administrator.

        Raises:
            httpx.HTTPStatusError: the API refused; the message holds its reason.
        """
        response = self.http.request(method, path, json=body)
        if response.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path}: {response.text}", request=response.request, response=response
            )
        return response.json()

    def discovered(self, root: str) -> list[dict[str, Any]]:
        """Returns every API group below /api or /apis with its versions and their resources."""
        response = self.http.get(root, headers={"Accept": _AGGREGATED_DISCOVERY})
        response.raise_for_status()
        groups: list[dict[str, Any]] = response.json()["items"]
        return groups

    def requests(self, user: str = "", *, after: int = 0) -> list[Request]:
        """Returns the requests of this user, or of all users, after the first `after` log lines."""
        events = [json.loads(line) for line in self._audit_lines()[after:]]
        requests = [_request(event) for event in events if not _is_end_of_watch(event)]
        return [request for request in requests if user in {"", request.user}]

    def denials(self, user: str = "", *, after: int = 0) -> list[Request]:
        """Returns the requests that RBAC refused to this user, or to all users."""
        return [one for one in self.requests(user, after=after) if not one.allowed]

    def audit_length(self) -> int:
        """Returns the number of lines of the audit log, to pass as `after` later."""
        return len(self._audit_lines())

    def start(self) -> None:
        """Starts the API server and returns when it is ready."""
        self._daemon = start("kube-apiserver", self._command, logs=self._folder)
        self._daemon.wait_until(self._is_ready, timeout_s=START_TIMEOUT_S)

    def stop(self) -> None:
        """Stops the API server; its data stay."""
        if self._daemon is not None:
            self._daemon.stop()

    def restart(self) -> None:
        """Stops the API server and starts it again on the same port."""
        self.stop()
        self.start()

    @contextlib.contextmanager
    def running(self) -> Iterator["ApiServer"]:
        """Yields itself, started with its etcd; both are stopped afterwards."""
        store = start("etcd", self._etcd, logs=self._folder)
        try:
            self.start()
            yield self
        finally:
            self.stop()
            store.stop()
            self.http.close()

    def _is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def _audit_lines(self) -> list[str]:
        if not self._audit_log.exists():
            return []
        # A line that is still being written has no end yet.
        return self._audit_log.read_text().split("\n")[:-1]


def binaries() -> Path:
    """Returns the folder of the programs: that of $KUBEBUILDER_ASSETS, or else built from hack/go.

    Raises:
        GoProgramsMissingError: a program is missing there, or cannot be built.
    """
    return given_or_built("KUBEBUILDER_ASSETS", *PROGRAMS)


@contextlib.contextmanager
def running_api_server() -> Iterator[ApiServer]:
    """Yields a ready API server, which is stopped and removed afterwards.

    Raises:
        GoProgramsMissingError: its programs are missing and cannot be built.
    """
    found = binaries()
    with (
        tempfile.TemporaryDirectory(prefix="api-server-") as folder,
        ApiServer(found, Path(folder)).running() as server,
    ):
        yield server


def _is_end_of_watch(event: dict[str, Any]) -> bool:
    # The log also has an entry for the start of a watch, unless it was refused.
    return event["stage"] == "ResponseComplete" and event["verb"] == "watch" and _allowed(event)


def _allowed(event: dict[str, Any]) -> bool:
    decision = event.get("annotations", {}).get("authorization.k8s.io/decision")
    return bool(decision != "forbid")


def _request(event: dict[str, Any]) -> Request:
    return Request(
        user=event["user"]["username"],
        verb=event["verb"],
        path=event["requestURI"],
        code=event.get("responseStatus", {}).get("code", 0),
        allowed=_allowed(event),
    )
