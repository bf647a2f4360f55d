"""Whether another operator is alive, by its Lease and the clock of the one that looks."""

import asyncio
from typing import Any

import pytest

from nemo_voice_operator.controller.other_operators import OtherOperators, Standing
from nemo_voice_operator.errors import Refused, Unavailable
from nemo_voice_operator.kube.leases import WATCHES_ANNOTATION
from support.operator.fake_cluster import FakeCluster

OTHER = "other/nemo-voice-operator"
READ = "read Lease"


class Watching:
    """An operator that looks at another one's Lease while time passes."""

    def __init__(self) -> None:
        self.cluster, self.time_s = FakeCluster(), 1000.0
        self.others = OtherOperators(self.cluster, lambda: self.time_s, 15.0)
        self.renewals = 0

    def renew(self, holder: str = "pod-1", scope: str = "*", **spec: Any) -> None:
        """Renews the other's Lease; its own clock is years behind."""
        self.renewals += 1
        renewed = f"2001-01-01T00:00:00.{self.renewals:06}Z"
        known = {"leaseDurationSeconds": 15, "renewTime": renewed, "holderIdentity": holder}
        metadata = {"name": "nemo-voice-operator", "namespace": "other", "uid": "lease"}
        self.cluster.create(
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {**metadata, "annotations": {WATCHES_ANNOTATION: scope}},
                "spec": {**known, **spec},
            }
        )

    def look(self, namespace: str = "speech", operator: str = OTHER) -> Standing:
        """Looks at the claim."""
        return asyncio.run(self.others.standing(operator, namespace))

    def alive_for(self, limit_s: float = 120.0, every_s: float = 5.0) -> float:
        """Returns for how long the claim stands while nothing is renewed."""
        began_s = self.time_s
        while self.look().manages and self.time_s - began_s < limit_s:
            self.time_s += every_s
        return self.time_s - began_s


@pytest.fixture
def watching() -> Watching:
    """One operator that looks, and another that has renewed its Lease once."""
    watching = Watching()
    watching.renew()
    return watching


def test_an_operator_is_alive_while_it_renews(watching: Watching) -> None:
    for _ in range(100):
        assert watching.look().manages
        watching.time_s += 5
        watching.renew()


def test_an_operator_that_stops_renewing_is_gone_after_its_lease(watching: Watching) -> None:
    assert watching.alive_for() == pytest.approx(20)
    assert watching.look().why == "its Lease has not been renewed for 20 s"


def test_a_longer_lease_is_waited_for(watching: Watching) -> None:
    watching.renew(leaseDurationSeconds=60)
    assert watching.alive_for() == pytest.approx(65)


def test_a_release_is_the_end_only_when_no_replica_takes_the_lease(watching: Watching) -> None:
    assert watching.look().manages
    watching.renew(holder="")
    watching.time_s += 10
    assert watching.look().manages
    watching.renew(holder="pod-2")
    watching.time_s += 10
    assert watching.look().manages, "the next replica of a rolling update leads"
    watching.renew(holder="")
    assert 15 < watching.alive_for() <= 25
    assert watching.look().why == "its Lease has not had a holder for 20 s"


def test_a_lease_that_is_gone_ends_the_claim_at_once(watching: Watching) -> None:
    assert watching.look().manages
    watching.cluster.objects.clear()
    watching.time_s += 1
    assert watching.look() == Standing(manages=False, why="its Lease is gone")


def test_an_operator_manages_only_what_it_says_to_watch(watching: Watching) -> None:
    watching.renew(scope="demo,speech")
    assert watching.look("speech").manages
    assert watching.look("other") == Standing(
        manages=False, why="it no longer watches the namespace other"
    )


def test_a_lease_that_may_not_be_read_is_taken_for_alive(watching: Watching) -> None:
    watching.cluster.fails[READ] = Refused("leases is forbidden", status=403)
    assert watching.alive_for() == pytest.approx(120)
    assert "cannot be read" in watching.look().why
    assert "leases is forbidden" in watching.look().why


def test_an_outage_of_the_api_server_ends_no_claim(watching: Watching) -> None:
    assert watching.look().manages
    watching.cluster.fails[READ] = Unavailable("away")
    assert watching.alive_for() == pytest.approx(120)
    watching.cluster.fails.clear()
    assert watching.look().manages, "the other could not renew it either"
    assert 15 < watching.alive_for() <= 25


def test_nobody_is_gone_because_nobody_looked(watching: Watching) -> None:
    assert watching.look().manages
    watching.time_s += 600
    assert watching.look().manages


def test_the_lease_is_read_once_a_second_however_many_ask(watching: Watching) -> None:
    async def ask() -> None:
        await asyncio.gather(*(watching.others.standing(OTHER, "speech") for _ in range(50)))

    asyncio.run(ask())
    assert watching.cluster.calls == [READ]
    watching.time_s += 1
    asyncio.run(ask())
    assert watching.cluster.calls == [READ] * 2


def test_what_names_no_operator_claims_nothing(watching: Watching) -> None:
    assert not watching.look(operator="whoever").manages
    assert watching.cluster.calls == []
