"""The lock through which leader election reads and renews the Lease.

The client library's own lock would have to be overridden in every method: in version 37 it cannot
create a Lease, it writes local times as UTC, a lost connection or a slow response ends the
election, and it cannot release.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from kubernetes.aio.client import ApiException
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.aio.leaderelection.resourcelock.baselock import BaseLock
from typing_extensions import override

from nemo_voice_operator.errors import ClusterError
from nemo_voice_operator.kube.kinds import DEPLOYMENT, LEASE, Reference
from nemo_voice_operator.kube.leases import LEASE_NAME, WATCHES_ANNOTATION, holder_of, scope_of
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.kube.objects import Object, owner_references_of
from nemo_voice_operator.kube.ownership import owner_references

logger = logging.getLogger(__name__)


class Leases(Protocol):
    """What the lock needs of a cluster; every method may raise `ClusterError`."""

    async def read(self, reference: Reference) -> Object | None:
        """Returns an object, or None where there is none."""
        ...

    async def create(self, manifest: Manifest) -> Object:
        """Creates an object that must not be there yet."""
        ...

    async def replace(self, manifest: Manifest) -> Object:
        """Replaces an object, if it is still the one that its resource version names."""
        ...


class LeaseLock(BaseLock):
    """The lock of one replica on the Lease.

    Args:
        cluster: Where the Lease is.
        namespace: Where it is.
        identity: This replica's name.
        timeout_s: Seconds for each call: after a longer wait another replica may lead already.
        watched: The namespaces that the operator manages, none for all: the Lease tells others.
        deployment: The operator's Deployment, with which the Lease goes; empty without one.
    """

    def __init__(
        self,
        cluster: Leases,
        *,
        namespace: str,
        identity: str,
        timeout_s: float,
        watched: Sequence[str] = (),
        deployment: str = "",
    ) -> None:
        super().__init__(LEASE_NAME, namespace, identity)
        self._cluster, self._timeout_s = cluster, timeout_s
        self._annotations = {WATCHES_ANNOTATION: scope_of(watched)}
        self._deployment = deployment
        self._owners: list[Manifest] = []
        self._lease: Object | None = None

    @property
    def other_release(self) -> str:
        """The Deployment of another release that holds this Lease; empty where none is known."""
        if self._lease is None or not self._deployment or holder_of(self._lease) == self.identity:
            return ""
        owners = [one for one in owner_references_of(self._lease) if one["kind"] == DEPLOYMENT.name]
        return next((str(one["name"]) for one in owners if one["name"] != self._deployment), "")

    async def find_owner(self) -> None:
        """Finds the operator's Deployment, so that the Lease is removed with it.

        Without it nothing owns the Lease, which then outlives the operator.
        """
        if not self._deployment:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._cluster.read(
                    Reference(DEPLOYMENT, self.namespace, self._deployment)
                )
        except (ClusterError, TimeoutError) as error:
            logger.warning("the Lease gets no owner: %s", str(error) or "no response in time")
            return
        if found is None:
            logger.warning("the Lease gets no owner: no Deployment %s", self._deployment)
            return
        self._owners = owner_references([found])

    @override
    async def get(
        self, name: str, namespace: str
    ) -> tuple[bool, LeaderElectionRecord] | tuple[bool, Exception]:
        """Returns whether there is a Lease, and its record or why it cannot be read."""
        try:
            async with asyncio.timeout(self._timeout_s):
                self._lease = await self._cluster.read(Reference(LEASE, namespace, name))
        except ClusterError as error:
            return False, ApiException(status=error.status, reason=str(error))
        except TimeoutError:
            return False, ApiException(reason=f"no response within {self._timeout_s:g} s")
        if self._lease is None:
            missing = json.dumps({"code": 404})
            return False, ApiException(status=404, reason="NotFound", body=missing)
        spec = self._lease.get("spec", {})
        duration = spec.get("leaseDurationSeconds")
        return True, LeaderElectionRecord(
            spec.get("holderIdentity") or None,
            None if duration is None else str(duration),
            spec.get("acquireTime"),
            spec.get("renewTime"),
        )

    @override
    async def create(
        self, name: str, namespace: str, election_record: LeaderElectionRecord
    ) -> bool:
        """Creates the Lease for this replica; returns whether that succeeded."""
        manifest: Manifest = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.name,
            "metadata": self._metadata({"name": name, "namespace": namespace}),
            "spec": _spec(election_record, is_new=True),
        }
        try:
            async with asyncio.timeout(self._timeout_s):
                self._lease = await self._cluster.create(manifest)
        except (ClusterError, TimeoutError):
            return False
        return True

    @override
    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        """Renews or takes the Lease; returns whether this replica holds it now."""
        if self._lease is None:
            return False
        before = self._lease.get("spec", {})
        is_new = before.get("holderIdentity") != updated_record.holder_identity
        return await self._replace({**before, **_spec(updated_record, is_new=is_new)})

    async def release(self) -> None:
        """Releases the Lease if this replica holds it, so that another leads at once."""
        if self._lease is not None and self._lease["spec"].get("holderIdentity") == self.identity:
            await self._replace({**self._lease["spec"], "holderIdentity": ""})

    async def _replace(self, spec: Manifest) -> bool:
        lease = self._lease or {}
        manifest = {**lease, "metadata": self._metadata(lease.get("metadata", {})), "spec": spec}
        try:
            async with asyncio.timeout(self._timeout_s):
                self._lease = await self._cluster.replace(manifest)
        except (ClusterError, TimeoutError):
            return False
        return True

    def _metadata(self, metadata: Manifest) -> Manifest:
        """Returns the Lease's metadata with what this replica's operator says of itself."""
        annotations = metadata.get("annotations") or {}
        assert isinstance(annotations, dict)  # noqa: S101 the API's own shape
        return {
            **metadata,
            "annotations": {**annotations, **self._annotations},
            "ownerReferences": self._owners,
        }


def _spec(record: LeaderElectionRecord, *, is_new: bool) -> Manifest:
    # The record's times are local and without a zone; Leases have UTC.
    now: Json = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "holderIdentity": record.holder_identity,
        "leaseDurationSeconds": int(record.lease_duration or 1),
        "renewTime": now,
        **({"acquireTime": now} if is_new else {}),
    }
