"""A cluster of dictionaries behind the reconciler's port: it keeps what it is given and counts."""

import copy
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import override

from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.errors import ClusterError, Conflict
from nemo_voice_operator.kube.kinds import Kind, Reference, kind_of
from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.kube.manifests import Manifest, name_of, namespace_of
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.kube.ownership import owner_references
from nemo_voice_operator.state.pod_reports import CacheProgress, PodReadiness


class FakeCluster(Cluster):
    """Keeps objects, bumps versions as the API server does, and fails where a test wants it to."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.events: list[Manifest] = []
        self.calls: list[str] = []
        self.asked: list[str] = []
        """The objects whose Events were read, by their uid."""
        self.fails: dict[str, ClusterError] = {}
        """What a call like `apply Deployment` raises."""
        self.optional: set[str] = set()
        """Names of the optional kinds that it knows."""
        self._versions = itertools.count(1)

    def create(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Puts an object there, as a user or a controller would."""
        thing = copy.deepcopy(dict(manifest))
        metadata = thing["metadata"]
        version = next(self._versions)
        metadata.setdefault("uid", f"uid-{version}")
        metadata.setdefault("generation", 1)
        metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        metadata["resourceVersion"] = str(version)
        self.objects[_place(thing)] = thing
        return thing

    def change(self, kind: str, name: str, **fields: Any) -> dict[str, Any]:
        """Replaces top-level fields of an object; a changed spec is a new generation."""
        thing = copy.deepcopy(self.get(kind, name))
        if "spec" in fields and fields["spec"] != thing["spec"]:
            thing["metadata"]["generation"] += 1
        thing.update(copy.deepcopy(fields))
        return self.create(thing)

    def get(self, kind: str, name: str, namespace: str = "speech") -> dict[str, Any]:
        """Returns an object.

        Raises:
            KeyError: There is none.
        """
        return self.objects[kind, namespace, name]

    def names(self, kind: str) -> list[str]:
        """Returns the names of a kind's objects."""
        return sorted(name for found, _, name in self.objects if found == kind)

    def show(self, object_cache: ObjectCache) -> None:
        """Puts everything into the object cache, as watches would."""
        for thing in self.objects.values():
            object_cache.put(copy.deepcopy(thing))

    @override
    async def apply(
        self, manifest: Manifest, owners: Sequence[Object], *, is_forced: bool = True
    ) -> Object:
        self._called(f"apply {manifest['kind']}")
        place = (str(manifest["kind"]), namespace_of(manifest), name_of(manifest))
        known = self.objects.get(place)
        if known is not None and not is_forced and known.get("spec") != manifest.get("spec"):
            raise Conflict("another field manager has set spec", reason="Conflict", status=409)
        made: dict[str, Any] = copy.deepcopy(dict(manifest))
        if owners:
            made["metadata"]["ownerReferences"] = owner_references(owners)
        made["metadata"]["managedFields"] = [{"manager": MANAGER, "operation": "Apply"}]
        if known is None:
            return copy.deepcopy(self.create(made))
        merged = {**known, **made, "metadata": {**known["metadata"], **made["metadata"]}}
        if merged == known:
            return copy.deepcopy(known)
        if merged.get("spec") != known.get("spec"):
            merged["metadata"]["generation"] = known["metadata"]["generation"] + 1
        return copy.deepcopy(self.create(merged))

    @override
    async def read(self, reference: Reference) -> Object | None:
        kind = reference.kind.name
        self._called(f"read {kind}")
        found = self.objects.get((kind, reference.namespace, reference.name))
        return copy.deepcopy(found)

    @override
    async def delete(self, thing: Object) -> None:
        self._called(f"delete {thing['kind']}")
        self.objects.pop(_place(thing), None)

    @override
    async def apply_status(
        self, resource: Object, status: Manifest, *, if_unchanged: bool = False
    ) -> Object:
        self._called("apply status")
        known = self.objects[_place(resource)]
        versions = [one["metadata"].get("resourceVersion") for one in (known, resource)]
        if if_unchanged and versions[0] != versions[1]:
            raise Conflict("it has changed", reason="Conflict", status=409)
        if known.get("status") == status:
            return copy.deepcopy(known)
        return copy.deepcopy(self.create({**known, "status": status}))

    @override
    async def record(self, event: Manifest) -> None:
        self._called("record Event")
        self.events.append(event)

    @override
    async def events_of(self, thing: Object) -> list[Object]:
        uid = thing["metadata"]["uid"]
        self.asked.append(uid)
        if error := self.fails.get("list Event"):
            raise error
        events = [one for one in self.objects.values() if one["kind"] == "Event"]
        return [copy.deepcopy(one) for one in events if one["regarding"]["uid"] == uid]

    async def knows(self, kind: Kind) -> bool:
        """Returns whether a test lets the cluster know this kind."""
        self._called(f"knows {kind.name}")
        return kind.name in self.optional

    async def list(self, kind: Kind, namespace: str | None, selector: str = "") -> list[Object]:
        """Returns what is there of a kind, whatever its labels."""
        self._called(f"list {kind.name}")
        return [
            copy.deepcopy(thing)
            for (known, where, _), thing in self.objects.items()
            if known == kind.name and namespace in {None, where}
        ]

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if error := self.fails.get(what):
            raise error


class FakePods:
    """Pods that report what a test sets."""

    def __init__(self) -> None:
        self.reported: dict[str, PodReadiness] = {}
        self.download: CacheProgress | None = None

    async def readiness(self, pods: Sequence[Object]) -> dict[str, PodReadiness]:
        """Returns the readiness of the pods among these."""
        names = [pod["metadata"]["name"] for pod in pods]
        return {name: self.reported[name] for name in names if name in self.reported}

    async def progress(self, pods: Sequence[Object]) -> CacheProgress | None:
        """Returns the progress of the one download."""
        return self.download if pods else None


def _place(thing: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = thing["metadata"]
    return kind_of(thing).name, metadata["namespace"], metadata["name"]
