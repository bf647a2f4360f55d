"""The object cache: the newest known state of every object that was listed, watched or applied.

`watches.py` and `resync.py` fill it, the reconciler reads it. One event loop, so no locks. An
object that the operator applied is known at once, before its event comes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from nemo_voice_operator.kube.kinds import CLAIM, JOB, POD, VOICE_SERVICE, Kind, Reference, kind_of
from nemo_voice_operator.kube.labels import JOB_NAME_LABEL, SERVICE_LABEL
from nemo_voice_operator.kube.objects import Key, Object

_Place = tuple[str, str, str]


class ObjectCache:
    """The objects, by kind and name, and by the VoiceServices that they affect."""

    def __init__(self) -> None:
        self._objects: dict[_Place, Object] = {}
        self._of_service: dict[Key, set[_Place]] = defaultdict(set)
        self._of_claim: dict[Key, set[Key]] = defaultdict(set)
        self._claim_of: dict[Key, Key] = {}
        self._pods_of_job: dict[Key, set[_Place]] = defaultdict(set)
        self._jobs_of_owner: dict[str, set[_Place]] = defaultdict(set)

    def put(self, thing: Object) -> bool:
        """Stores an object, unless a newer state of it is known.

        Returns:
            Whether the state was new.
        """
        place = _place(thing)
        known = self._objects.get(place)
        is_known = known is not None and _uid(known) == _uid(thing)
        if is_known and _version(known or {}) > _version(thing):
            return False
        self._objects[place] = thing
        if known is not None:
            self._unlink(known, place)
        for group, key in self._groups(thing):
            group[key].add(place)
        return not (is_known and _version(known or {}) == _version(thing))

    def remove(self, thing: Object) -> None:
        """Forgets an object that is gone."""
        place = _place(thing)
        known = self._objects.get(place)
        if known is None or _uid(known) != _uid(thing):
            return  # another one of the same name came in the meantime
        del self._objects[place]
        self._unlink(known, place)

    def _unlink(self, thing: Object, place: _Place) -> None:
        for group, key in self._groups(thing):
            group[key].discard(place)
            if not group[key]:
                del group[key]

    def voice_service(self, key: Key) -> Object | None:
        """Returns a VoiceService."""
        return self.get(VOICE_SERVICE, key.namespace, key.name)

    def voice_services(self) -> Iterator[Key]:
        """Yields every VoiceService."""
        for kind, namespace, name in list(self._objects):
            if kind == VOICE_SERVICE.name:
                yield Key(namespace, name)

    def all(self, kind: Kind, namespace: str | None = None) -> list[Object]:
        """Returns the objects of a kind, in one namespace or in all."""
        return [
            thing
            for (known, where, _), thing in list(self._objects.items())
            if known == kind.name and namespace in {None, where}
        ]

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Returns an object, if it is known."""
        return self._objects.get((kind.name, namespace, name))

    def find(self, reference: Reference) -> Object | None:
        """Returns the object of this reference, if it is known."""
        return self.get(reference.kind, reference.namespace, reference.name)

    def of(self, key: Key, kind: Kind | None = None) -> list[Object]:
        """Returns the objects that carry a VoiceService's label, ordered by name."""
        places = sorted(self._of_service.get(key, ()))
        return [self._objects[place] for place in places if kind is None or place[0] == kind.name]

    def pods_of_job(self, namespace: str, job: str) -> list[Object]:
        """Returns the pods of a Job, ordered by name."""
        places = sorted(self._pods_of_job.get(Key(namespace, job), ()))
        return [self._objects[place] for place in places]

    def pods_of(self, job: Object) -> list[Object]:
        """Returns the pods of this Job, ordered by name."""
        metadata = job["metadata"]
        return self.pods_of_job(str(metadata["namespace"]), str(metadata["name"]))

    def jobs_of(self, uid: str) -> list[Object]:
        """Returns the Jobs that the object of this identity owns, alone or with others."""
        return [self._objects[place] for place in sorted(self._jobs_of_owner.get(uid, ()))]

    def uses_claim(self, key: Key, claim: str | None) -> None:
        """Records which claim a VoiceService needs, so that the claim's events reach it."""
        before = self._claim_of.pop(key, None)
        if before is not None:
            self._of_claim[before].discard(key)
            if not self._of_claim[before]:
                del self._of_claim[before]
        if claim is not None:
            place = Key(key.namespace, claim)
            self._claim_of[key] = place
            self._of_claim[place].add(key)

    def claim_users(self, namespace: str, claim: str) -> list[Key]:
        """Returns the VoiceServices that need a claim, ordered."""
        return sorted(self._of_claim.get(Key(namespace, claim), ()))

    def affected_by(self, thing: Object) -> list[Key]:
        """Returns the VoiceServices that a change of the object may affect."""
        metadata = thing["metadata"]
        namespace, name = str(metadata["namespace"]), str(metadata["name"])
        kind = kind_of(thing)
        if kind is VOICE_SERVICE:
            return [Key(namespace, name)]
        labels = metadata.get("labels") or {}
        service = labels.get(SERVICE_LABEL)
        if kind is CLAIM:
            # One that was made for a VoiceService may be named by others.
            made_for = {Key(namespace, service)} if service else set()
            return sorted({*made_for, *self.claim_users(namespace, name)})
        if service:
            return [Key(namespace, service)]
        if kind is POD:
            job = self.get(JOB, namespace, labels.get(JOB_NAME_LABEL, ""))
            return [] if job is None else self.affected_by(job)
        return sorted({Key(namespace, owner) for owner in _owners(thing)})

    def _groups(self, thing: Object) -> Iterable[tuple[dict[Any, set[_Place]], Key | str]]:
        metadata = thing["metadata"]
        namespace, labels = str(metadata["namespace"]), metadata.get("labels") or {}
        if service := labels.get(SERVICE_LABEL):
            yield self._of_service, Key(namespace, service)
        if thing["kind"] == POD.name and (job := labels.get(JOB_NAME_LABEL)):
            yield self._pods_of_job, Key(namespace, job)
        if thing["kind"] == JOB.name:
            for reference in metadata.get("ownerReferences") or ():
                yield self._jobs_of_owner, str(reference["uid"])


def _owners(thing: Object) -> Iterator[str]:
    for reference in thing["metadata"].get("ownerReferences") or ():
        if reference["kind"] == VOICE_SERVICE.name:
            yield str(reference["name"])


def _place(thing: Object) -> _Place:
    metadata = thing["metadata"]
    return str(thing["kind"]), str(metadata["namespace"]), str(metadata["name"])


def _uid(thing: Object) -> str:
    return str(thing["metadata"].get("uid", ""))


def _version(thing: Object) -> int:
    # The API guarantees that versions are comparable since Kubernetes 1.35; they always were.
    return int(thing["metadata"].get("resourceVersion") or 0)
