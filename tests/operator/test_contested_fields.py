"""On a real API server: another field manager forces its own value into a field, in a loop."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nemo_voice_operator.kube.kinds import DEPLOYMENT, EVENT, LEASE, SERVICE
from nemo_voice_operator.kube.leases import LEASE_NAME, WATCHES_ANNOTATION
from support.kubernetes.api_server import ApiServer
from support.operator.operating import (
    OPERATOR_DEPLOYMENT,
    create_demo,
    found,
    grant,
    operator_process,
)
from support.waiting import until

FIGHT_S = 30
MOST_WRITES = 12
"""Three at once and after 1, 2, 4, 8 and 16 s, with some room for those at the start."""
RIVAL = "gitops-tool"


@contextmanager
def forcing(server: ApiServer, path: str, replicas: int) -> Iterator[list[int]]:
    """Applies a Deployment's replicas all the time, by force; yields how often that changed it."""
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": replicas}}
    query = {"fieldManager": RIVAL, "force": "true"}
    headers = {"Content-Type": "application/apply-patch+yaml"}
    changed, over = [0], threading.Event()

    def force() -> None:
        generation = 0
        while not over.is_set():
            made = server.http.patch(path, json=body, params=query, headers=headers)
            if made.is_success and made.json()["metadata"]["generation"] != generation:
                generation = made.json()["metadata"]["generation"]
                changed[0] += 1
            time.sleep(0.02)

    thread = threading.Thread(target=force)
    thread.start()
    try:
        yield changed
    finally:
        over.set()
        thread.join()


def test_a_contested_field_is_set_back_a_few_times_and_its_rival_is_named(
    defined: ApiServer, namespace: str, tmp_path: Path
) -> None:
    kubeconfig = grant(defined, namespace, cluster_wide=False)
    settings = {"namespace": namespace, "watched": namespace}
    path = DEPLOYMENT.path(namespace, "narrator")
    user = f"system:serviceaccount:{namespace}:operator"
    with operator_process(kubeconfig, tmp_path / "operator.log", **settings):
        create_demo(defined, namespace)
        until("the Deployment", lambda: found(defined, DEPLOYMENT, namespace, "narrator"))
        began = defined.audit_length()
        with forcing(defined, path, replicas=7) as changed:
            time.sleep(FIGHT_S)
            written = [one for one in defined.requests(user, after=began) if one.verb == "patch"]
            applied = [one for one in written if one.path.startswith(path)]
            defined.send("DELETE", SERVICE.path(namespace, "narrator"))
            until("the Service again", lambda: found(defined, SERVICE, namespace, "narrator"), 10)
        assert changed[0] > 3, "it was set back, and the rival changed it again"
        assert 3 < len(applied) <= MOST_WRITES
        events = defined.send("GET", EVENT.path(namespace))["items"]
        contests = [one for one in events if one["reason"] == "SetBack"]
        named = [one["note"] for one in contests if "Deployment" in one["note"]]
        assert len(named) == 1
        assert f"Deployment narrator was changed by {RIVAL} (Apply)" in named[0]


def test_the_lease_tells_of_its_operator_and_belongs_to_its_deployment(
    defined: ApiServer, namespace: str, tmp_path: Path
) -> None:
    container = {"name": "operator", "image": "registry.example/operator:1"}
    labels = {"app": "operator"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    body = {"metadata": {"name": OPERATOR_DEPLOYMENT}, "spec": spec}
    deployment = defined.send("POST", DEPLOYMENT.path(namespace), body)
    # An older version's Lease has no owner and says nothing.
    older = {"holderIdentity": "", "leaseDurationSeconds": 5}
    defined.send("POST", LEASE.path(namespace), {"metadata": {"name": LEASE_NAME}, "spec": older})
    kubeconfig = grant(defined, namespace, cluster_wide=False)
    settings = {"namespace": namespace, "watched": f"{namespace}"}

    def owners() -> list[str]:
        lease = found(defined, LEASE, namespace, LEASE_NAME) or {"metadata": {}}
        return [one["uid"] for one in lease["metadata"].get("ownerReferences", ())]

    with operator_process(
        kubeconfig, tmp_path / "operator.log", deployment=OPERATOR_DEPLOYMENT, **settings
    ):
        until("the owner", lambda: owners() == [deployment["metadata"]["uid"]])
        lease = found(defined, LEASE, namespace, LEASE_NAME)
        assert lease is not None
        assert lease["metadata"]["annotations"][WATCHES_ANNOTATION] == namespace
    assert owners() == [deployment["metadata"]["uid"]], "after the release too"
    assert defined.denials(f"system:serviceaccount:{namespace}:operator") == []
