"""The API server that the operator's tests stand on: it is real, it refuses, it comes back."""

import json
import ssl
from pathlib import Path

import httpx
import pytest

from support.kubernetes.api_server import ApiServer
from support.kubernetes.namespaces import namespace_name, remove

CONFIG_MAP = {"metadata": {"name": "kept"}, "data": {"said": "hello"}}


def client(kubeconfig: Path) -> httpx.Client:
    """An HTTP client that is who the kubeconfig says."""
    parsed = json.loads(kubeconfig.read_text())
    cluster, user = parsed["clusters"][0]["cluster"], parsed["users"][0]["user"]
    context = ssl.create_default_context(cafile=cluster["certificate-authority"])
    headers = {}
    if token := user.get("token"):
        headers["Authorization"] = f"Bearer {token}"
    else:
        context.load_cert_chain(user["client-certificate"], user["client-key"])
    return httpx.Client(
        base_url=cluster["server"], verify=context, headers=headers, trust_env=False
    )


def allow_reading_config_maps(server: ApiServer, namespace: str, subject: dict[str, str]) -> None:
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    server.send("POST", f"{roles}/roles", {"metadata": {"name": "reader"}, "rules": rules})
    binding = {"metadata": {"name": "reader"}, "roleRef": reference, "subjects": [subject]}
    server.send("POST", f"{roles}/rolebindings", binding)


def test_api_server_reports_its_version(api_server: ApiServer) -> None:
    version = api_server.send("GET", "/version")
    assert (version["major"], int(version["minor"]) >= 30) == ("1", True)
    assert version["gitVersion"].startswith(f"v1.{version['minor']}.")


def test_each_test_has_a_namespace_named_after_it(api_server: ApiServer, namespace: str) -> None:
    assert namespace.startswith("each-test-has-a-namespace-named-after-it-")
    assert api_server.send("GET", f"/api/v1/namespaces/{namespace}")["status"]["phase"] == "Active"


def test_removed_namespace_leaves_nothing(api_server: ApiServer) -> None:
    namespaces = "/api/v1/namespaces"
    claim = {
        "metadata": {"name": "cache"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    api_server.send("POST", namespaces, {"metadata": {"name": "removed"}})
    api_server.send("POST", f"{namespaces}/removed/persistentvolumeclaims", claim)
    remove(api_server, "removed")
    assert api_server.http.get(f"{namespaces}/removed").status_code == httpx.codes.NOT_FOUND
    assert api_server.send("GET", "/api/v1/persistentvolumeclaims")["items"] == []


def test_names_of_namespaces_are_valid_and_differ_between_parameters() -> None:
    stem = "tests/operator/test_x.py::test_" + "long_" * 20
    names = {namespace_name(f"{stem}[{value}]") for value in ("one", "two")}
    assert len(names) == 2
    assert all(len(name) <= 63 and name.replace("-", "").isalnum() for name in names)


def test_user_may_do_what_a_role_allows_and_refusals_are_audited(
    api_server: ApiServer, namespace: str
) -> None:
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}
    allow_reading_config_maps(api_server, namespace, subject)
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    with client(api_server.kubeconfig("reader")) as reader:
        assert reader.get(path).status_code == httpx.codes.OK
        assert api_server.denials("reader") == []
        assert reader.post(path, json=CONFIG_MAP).status_code == httpx.codes.FORBIDDEN
    (denied,) = api_server.denials("reader")
    assert (denied.verb, denied.path, denied.code) == ("create", path, 403)


def test_service_account_is_authenticated_by_its_token(
    api_server: ApiServer, namespace: str
) -> None:
    before = api_server.audit_length()
    subject = {"kind": "ServiceAccount", "name": "operator", "namespace": namespace}
    allow_reading_config_maps(api_server, namespace, subject)
    with client(api_server.service_account(namespace, "operator")) as account:
        assert account.get(f"/api/v1/namespaces/{namespace}/configmaps").is_success
        assert account.get("/api/v1/secrets").status_code == httpx.codes.FORBIDDEN
    user = f"system:serviceaccount:{namespace}:operator"
    reported = [
        (request.code, request.allowed) for request in api_server.requests(user, after=before)
    ]
    assert reported == [(200, True), (403, False)]


def test_stored_objects_survive_a_restart(api_server: ApiServer, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    api_server.send("POST", path, CONFIG_MAP)
    api_server.stop()
    with pytest.raises(httpx.ConnectError):
        api_server.send("GET", f"{path}/kept")
    api_server.start()
    assert api_server.send("GET", f"{path}/kept")["data"] == CONFIG_MAP["data"]
