"""Which VoiceServices share a cache Job, and whether one of them still needs its result."""

from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.resolver import Resolver
from nemo_voice_operator.kube.kinds import CLAIM
from nemo_voice_operator.kube.objects import Key, Object, is_leaving, owner_references_of
from nemo_voice_operator.planning.planning import recorded_model
from nemo_voice_operator.state.plan import CacheWork


def sharers(
    object_cache: ObjectCache, resolver: Resolver, namespace: str, work: CacheWork
) -> list[Object]:
    """Returns every VoiceService whose present spec asks for the same work."""
    found = []
    for key in object_cache.claim_users(namespace, work.claim):
        resource = object_cache.voice_service(key)
        if resource is None or is_leaving(resource):
            continue
        resolved = resolver.resolve_valid(resource)
        if resolved is not None and resolved.job == work.job:
            found.append(resource)
    return found


def is_needed(object_cache: ObjectCache, resolver: Resolver, job: Object) -> bool:
    """Returns whether a VoiceService that owns the Job still waits for its result."""
    metadata = job["metadata"]
    for owner in owner_references_of(job):
        resource = object_cache.voice_service(Key(metadata["namespace"], owner["name"]))
        if resource is None or resource["metadata"]["uid"] != owner["uid"]:
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
