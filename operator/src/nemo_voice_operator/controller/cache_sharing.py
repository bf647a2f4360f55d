"""Which VoiceServices share a cache Job, and whether one of them still needs its result."""

from nemo_voice_operator.api.status import manager_of
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.resolver import Resolver
from nemo_voice_operator.kube.kinds import CLAIM
from nemo_voice_operator.kube.objects import Key, Object, is_leaving, owner_references_of
from nemo_voice_operator.planning.planning import recorded_model
from nemo_voice_operator.state.plan import CacheWork


def sharers(
    object_cache: ObjectCache, resolver: Resolver, namespace: str, work: CacheWork
) -> list[Object]:
    """Returns every VoiceService of this operator whose present spec asks for the same work."""
    found = []
    for key in object_cache.claim_users(namespace, work.claim):
        resource = object_cache.voice_service(key)
        if resource is None or is_leaving(resource):
            continue
        resolved = resolver.resolve_valid(resource)
        if resolved is not None and resolved.job == work.job:
            found.append(resource)
    return found


def other_owners(object_cache: ObjectCache, job: Object | None, operator: str) -> list[Object]:
    """Returns the VoiceServices of other operators that own a Job.

    Another operator with the same settings makes the same Job: each adds its own owners and keeps
    the other's.
    """
    if job is None:
        return []
    owners = [_owner(object_cache, job, reference) for reference in owner_references_of(job)]
    return [one for one in owners if one and manager_of(one) not in {"", operator}]


def is_needed(object_cache: ObjectCache, resolver: Resolver, job: Object) -> bool:
    """Returns whether a VoiceService that owns the Job still waits for its result."""
    metadata = job["metadata"]
    for owner in owner_references_of(job):
        resource = _owner(object_cache, job, owner)
        if resource is None:
            continue
        resolved = resolver.resolve_valid(resource)
        if resolved is None:
            return True  # what it asks for is unknown
        if resolved.job != metadata["name"] or resolved.service.spec.suspend:
            continue
        claim = object_cache.get(CLAIM, resolved.key.namespace, resolved.claim)
        if recorded_model(resolved, claim) is None:
            return True
    return False


def _owner(object_cache: ObjectCache, job: Object, reference: Object) -> Object | None:
    """Returns the VoiceService that an owner reference of the Job means, if it is there."""
    resource = object_cache.voice_service(Key(job["metadata"]["namespace"], reference["name"]))
    is_owner = resource is not None and resource["metadata"]["uid"] == reference["uid"]
    return resource if is_owner else None
