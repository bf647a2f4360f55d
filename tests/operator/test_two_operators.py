"""Two operators over the whole cluster on a real API server: one manages, the other keeps off."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nemo_voice_operator.kube.kinds import DEPLOYMENT, EVENT, LEASE, VOICE_SERVICE
from nemo_voice_operator.kube.leases import LEASE_NAME, operator_name
from support.kubernetes.api_server import ApiServer
from support.kubernetes.namespaces import fresh_namespace
from support.operator.operating import create_demo, found, grant, operator_process
from support.ports import free_port
from support.waiting import until

LEASE_S = 10
"""Long enough for a busy machine to renew in time."""
FIRST_IMAGE, SECOND_IMAGE = "registry.example/first:1", "registry.example/second:2"


class OneOfTwo:
    """An operator with an image, a namespace and an account of its own."""

    def __init__(
        self, server: ApiServer, namespace: str, image: str, folder: Path, **rights: bool
    ) -> None:
        self.namespace, self.image, self.port = namespace, image, free_port()
        self.log = folder / f"{namespace}.log"
        self._kubeconfig = grant(server, namespace, **{"cluster_wide": True, **rights})
        self.user = f"system:serviceaccount:{namespace}:operator"

    def running(self, **settings: str) -> Any:
        """Returns a block in which it runs."""
        known = {"namespace": self.namespace, "image_stt": self.image, "lease_s": str(LEASE_S)}
        health = {"health_port": str(self.port)}
        return operator_process(self._kubeconfig, self.log, **{**known, **health, **settings})

    def readiness(self) -> tuple[int, str]:
        """Returns the status and the words of its readiness; 0 while it does not listen."""
        try:
            response = httpx.get(f"http://127.0.0.1:{self.port}/readyz")
        except httpx.TransportError:
            return 0, ""
        return response.status_code, response.text


@pytest.fixture
def first(defined: ApiServer, namespace: str, tmp_path: Path) -> OneOfTwo:
    """The operator in the test's namespace."""
    return OneOfTwo(defined, namespace, FIRST_IMAGE, tmp_path)


@pytest.fixture
def second(defined: ApiServer, namespace: str, tmp_path: Path) -> Iterator[OneOfTwo]:
    """Another operator, in a namespace of its own."""
    with fresh_namespace(defined, f"{namespace}-second") as name:
        yield OneOfTwo(defined, name, SECOND_IMAGE, tmp_path)


def image_of(server: ApiServer, namespace: str) -> str | None:
    deployment = found(server, DEPLOYMENT, namespace, "narrator")
    if deployment is None:
        return None
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def generation_of(server: ApiServer, namespace: str) -> int:
    deployment = found(server, DEPLOYMENT, namespace, "narrator")
    assert deployment is not None
    generation: int = deployment["metadata"]["generation"]
    return generation


def manager(server: ApiServer, namespace: str) -> str | None:
    resource = found(server, VOICE_SERVICE, namespace, "narrator") or {}
    claimed: str | None = resource.get("status", {}).get("operator")
    return claimed


def notes(server: ApiServer, namespace: str, reason: str) -> list[str]:
    events = server.send("GET", EVENT.path(namespace))["items"]
    return [event["note"] for event in events if event["reason"] == reason]


def writes_of(server: ApiServer, operator: OneOfTwo) -> list[str]:
    """Returns what an operator has written, but for its Lease and Events."""
    reads = {"get", "list", "watch"}
    written = [one for one in server.requests(operator.user) if one.verb not in reads]
    return [one.path for one in written if "/leases" not in one.path and "/events" not in one.path]


def test_second_operator_leaves_alone_what_the_first_manages_until_the_first_dies(
    defined: ApiServer, namespace: str, first: OneOfTwo, second: OneOfTwo
) -> None:
    with first.running() as one:
        create_demo(defined, namespace)
        until("the Deployment", lambda: image_of(defined, namespace) == FIRST_IMAGE)
        assert manager(defined, namespace) == operator_name(first.namespace)
        before = generation_of(defined, namespace)
        with second.running():
            until("the Event", lambda: notes(defined, namespace, "ManagedElsewhere"))
            (note,) = notes(defined, namespace, "ManagedElsewhere")
            assert operator_name(first.namespace) in note
            status, why = second.readiness()
            # Other tests may have left VoiceServices, which the first has claimed as well.
            assert (status, f" by {operator_name(first.namespace)}" in why) == (503, True)
            time.sleep(1.5 * LEASE_S)
            assert generation_of(defined, namespace) == before
            assert writes_of(defined, second) == []
            assert first.readiness() == (200, "ready\n")
            assert len(notes(defined, namespace, "ManagedElsewhere")) == 1

            one.kill()
            seconds = until(
                "the second's image", lambda: image_of(defined, namespace) == SECOND_IMAGE
            )
            assert seconds > LEASE_S - 2, "the first one could still have renewed its Lease"
            assert manager(defined, namespace) == operator_name(second.namespace)
            until("its readiness", lambda: second.readiness() == (200, "ready\n"))
            (taken,) = notes(defined, namespace, "TakenOver")
            assert operator_name(first.namespace) in taken
    assert defined.denials(second.user) == []


def test_operator_whose_lease_is_removed_is_replaced_at_once(
    defined: ApiServer, namespace: str, first: OneOfTwo, second: OneOfTwo
) -> None:
    with contextlib.ExitStack() as until_stopped:
        until_stopped.enter_context(first.running(lease_s="120"))
        create_demo(defined, namespace)
        until("the Deployment", lambda: image_of(defined, namespace) == FIRST_IMAGE)
        with second.running():
            until("the Event", lambda: notes(defined, namespace, "ManagedElsewhere"))
            until_stopped.close()
            time.sleep(LEASE_S)
            assert image_of(defined, namespace) == FIRST_IMAGE, "a rolling update releases it too"
            # As garbage collection does when the Deployment is deleted.
            defined.send("DELETE", LEASE.path(first.namespace, LEASE_NAME))
            seconds = until(
                "the second's image", lambda: image_of(defined, namespace) == SECOND_IMAGE
            )
            assert seconds < 60, "far less than the first's Lease of 120 s"


def test_operator_that_may_not_read_leases_takes_over_only_what_it_is_given(
    defined: ApiServer, namespace: str, second: OneOfTwo, tmp_path: Path
) -> None:
    blind = {"cluster_wide": False, "reads_leases": False}
    own = OneOfTwo(defined, namespace, FIRST_IMAGE, tmp_path, **blind)
    with second.running() as other:
        create_demo(defined, namespace)
        until("the Deployment", lambda: image_of(defined, namespace) == SECOND_IMAGE)
        with own.running(watched=namespace):
            until("the Event", lambda: notes(defined, namespace, "ManagedElsewhere"))
            (note,) = notes(defined, namespace, "ManagedElsewhere")
            assert "cannot be read" in note
            assert "is forbidden" in note
            other.kill()
            time.sleep(3 * LEASE_S)
            assert image_of(defined, namespace) == SECOND_IMAGE
            path = f"{VOICE_SERVICE.path(namespace, 'narrator')}/status"
            given = {"status": {"operator": operator_name(namespace)}}
            headers = {"Content-Type": "application/merge-patch+json"}
            defined.http.patch(path, json=given, headers=headers).raise_for_status()
            until("its image", lambda: image_of(defined, namespace) == FIRST_IMAGE)
            assert own.readiness() == (200, "ready\n")


def test_of_two_operators_that_begin_at_once_each_voice_service_has_one(
    defined: ApiServer, namespace: str, first: OneOfTwo, second: OneOfTwo
) -> None:
    names = [f"voice-{number}" for number in range(8)]
    for name in names:
        create_demo(defined, namespace, name)
    with first.running(), second.running():
        for name in names:
            until(name, lambda name=name: found(defined, DEPLOYMENT, namespace, name))  # type: ignore[misc]
        until("both", lambda: first.readiness()[0] and second.readiness()[0])
        time.sleep(LEASE_S)
        deployments = [found(defined, DEPLOYMENT, namespace, name) for name in names]
        resources = [found(defined, VOICE_SERVICE, namespace, name) for name in names]
        before = [one["metadata"]["generation"] for one in deployments if one]
        assert before == [1] * len(names)
        images = {operator_name(one.namespace): one.image for one in (first, second)}
        for deployment, resource in zip(deployments, resources, strict=True):
            assert deployment is not None
            assert resource is not None
            image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
            assert image == images[resource["status"]["operator"]]
        elsewhere = notes(defined, namespace, "ManagedElsewhere")
        assert len(elsewhere) == len(names), "each is told of by the operator that has not got it"
