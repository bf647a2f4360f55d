"""Who shares a cache Job, whether anybody waits for it, and when another try is due. Pure."""

from nemo_voice_operator.api import readable
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.desired.cache import claim_of
from nemo_voice_operator.kube.kinds import CLAIM
from nemo_voice_operator.kube.objects import Key, Object, is_leaving, owner_references_of
from nemo_voice_operator.planning.planning import job_of, recorded_model
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork


def sharers(
    object_cache: ObjectCache, namespace: str, work: CacheWork, settings: OperatorSettings
) -> list[Object]:
    """Returns every VoiceService whose present spec asks for the same work."""
    found = []
    for key in object_cache.claim_users(namespace, work.claim):
        resource = object_cache.service(key)
        if resource is None or is_leaving(resource):
            continue
        service = readable(resource)
        if service is not None and job_of(service, settings) == work.job:
            found.append(resource)
    return found


def is_needed(object_cache: ObjectCache, job: Object, settings: OperatorSettings) -> bool:
    """Returns whether a VoiceService that owns the Job still waits for its result."""
    metadata = job["metadata"]
    for owner in owner_references_of(job):
        resource = object_cache.service(Key(metadata["namespace"], owner["name"]))
        if resource is None or resource["metadata"]["uid"] != owner["uid"]:
            continue
        service = readable(resource)
        if service is None:
            return True  # nobody knows what it asks for
        is_asked = job_of(service, settings) == metadata["name"]
        claim = object_cache.get(CLAIM, service.metadata.namespace, claim_of(service))
        if is_asked and recorded_model(service, claim) is None and not service.spec.suspend:
            return True
    return False
