"""Namespaces for tests, on an API server without a controller that empties deleted namespaces."""

import contextlib
import hashlib
import re
from collections.abc import Iterator

from support.kubernetes.api_server import ApiServer

LONGEST_STEM = 40


def namespace_name(test: str) -> str:
    """Returns a name for the test's own namespace: readable, and different for every test."""
    last = test.rpartition("::")[2].removeprefix("test_").lower()
    stem = re.sub(r"[^a-z0-9]+", "-", last)[:LONGEST_STEM].strip("-")
    return f"{stem}-{hashlib.sha256(test.encode()).hexdigest()[:6]}"


@contextlib.contextmanager
def fresh_namespace(server: ApiServer, name: str) -> Iterator[str]:
    """Yields the name of a new namespace, which is removed with its contents afterwards."""
    server.send("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    try:
        yield name
    finally:
        remove(server, name)


def remove(server: ApiServer, name: str) -> None:
    """Deletes a namespace and what is in it, as the namespace controller would."""
    path = f"/api/v1/namespaces/{name}"
    server.send("DELETE", path)
    at_once = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
    for collection in _collections(server):
        server.send("DELETE", collection.format(namespace=name), at_once)
    server.send("PUT", f"{path}/finalize", {"metadata": {"name": name}, "spec": {"finalizers": []}})


def _collections(server: ApiServer) -> Iterator[str]:
    """The path of every kind of object that lives in namespaces and can be deleted as a whole."""
    for root in ("/api", "/apis"):
        for group in server.discovered(root):
            version = group["versions"][0]
            path = "/".join(filter(None, (root, group["metadata"].get("name"), version["version"])))
            for resource in version.get("resources", []):
                if resource["scope"] == "Namespaced" and "deletecollection" in resource["verbs"]:
                    yield f"{path}/namespaces/{{namespace}}/{resource['resource']}"
