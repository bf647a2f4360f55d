"""A Lease in memory, behind the port of the leader election's lock."""

import asyncio
import copy
from typing import Any

from nemo_voice_operator.controller.lease import LeaseLock
from nemo_voice_operator.errors import ClusterError, Conflict
from nemo_voice_operator.kube.kinds import LEASE, Reference
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Object


class FakeLeases:
    """Keeps one Lease as the API server does: a replacement must know the newest version.

    Beside it there may be the operator's Deployment.
    """

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.deployment: dict[str, Any] | None = None
        self.fails: ClusterError | None = None
        self.hangs = False
        self._version = 0

    async def read(self, reference: Reference) -> Object | None:
        """Returns the Lease, or the Deployment."""
        await self._called()
        return copy.deepcopy(self.lease if reference.kind is LEASE else self.deployment)

    async def create(self, manifest: Manifest) -> Object:
        """Makes the Lease.

        Raises:
            Conflict: There is one.
        """
        await self._called()
        if self.lease is not None:
            raise Conflict("it exists", reason="AlreadyExists", status=409)
        return self._kept(manifest)

    async def replace(self, manifest: Manifest) -> Object:
        """Replaces the Lease.

        Raises:
            Conflict: Somebody was quicker.
        """
        await self._called()
        known = self.lease or {"metadata": {}}
        given: Any = manifest["metadata"]
        if given.get("resourceVersion") != known["metadata"].get("resourceVersion"):
            raise Conflict("somebody was quicker", status=409)
        return self._kept(manifest)

    def held_by(self, identity: str) -> None:
        """Lets another replica hold the Lease from now on."""
        spec: Manifest = {
            "holderIdentity": identity,
            "leaseDurationSeconds": 15,
            "acquireTime": "2026-01-01T00:00:00.000000Z",
            "renewTime": f"2026-01-01T00:00:00.{self._version:06}Z",
        }
        self._kept({"metadata": {"name": "nemo-voice-operator"}, "spec": spec})

    @property
    def holder(self) -> str | None:
        """Who holds it."""
        return None if self.lease is None else self.lease["spec"]["holderIdentity"]

    def lock(self, identity: str = "one", timeout_s: float = 2.5, **more: Any) -> LeaseLock:
        """Returns a replica's lock on it."""
        return LeaseLock(
            self,
            namespace="nemo-voice",
            identity=identity,
            timeout_s=timeout_s,
            **more,
        )

    def _kept(self, manifest: Manifest) -> Object:
        self._version += 1
        kept: dict[str, Any] = copy.deepcopy(dict(manifest))
        kept["metadata"]["resourceVersion"] = str(self._version)
        self.lease = kept
        return copy.deepcopy(kept)

    async def _called(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise self.fails
