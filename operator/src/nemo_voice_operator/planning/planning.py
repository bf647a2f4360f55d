"""Plans a VoiceService: decides from the spec and what was observed what should exist now."""

from collections.abc import Sequence
from dataclasses import replace

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.model_source import Checkpoint
from nemo_voice_operator.api.status import ServedModel
from nemo_voice_operator.desired.cache import mounts_on_one_node
from nemo_voice_operator.desired.deployment import pod_template
from nemo_voice_operator.desired.names import digest_in
from nemo_voice_operator.desired.preflight_job import preflight_work_name
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import (
    Object,
    container_states,
    has_been_ready,
    has_been_seen,
    holds,
    is_late,
    is_ready,
)
from nemo_voice_operator.planning.job_results import checkpoints_of, seconds_of
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import CacheWork, Plan, VerifiedCheckpoint, VerifiedModel
from nemo_voice_operator.state.resolved import Resolved

ROLLED_BACK = "RolledBack"
"""Reason of `Degraded` while the last good template stands in for one that failed."""
_FAILED_STARTS = 3
"""Restarts of a pod that was never ready, after which its template has failed."""
_ONE_POD = "ReadWriteOncePod"


def plan_of(resolved: Resolved, observed: Observed, settings: OperatorSettings) -> Plan:
    """Returns what should exist now."""
    service = resolved.service
    verified = verified_model(resolved, observed)
    cache = _cache_work(resolved, observed, is_verified=verified is not None)
    is_verified = cache is None or (verified is not None and is_claim_usable(cache, observed))
    failed_before = was_rolled_back(resolved) or must_roll_back(service, observed)
    kept = observed.good_template if failed_before else _running_template(observed)
    is_rolled_back = failed_before and kept is not None
    serves = is_verified and not is_rolled_back
    plan = Plan(
        replicas=_replicas(service, observed),
        cache=cache,
        model=verified,
        serves=serves,
        kept_template=None if serves or kept is None else dict(kept),
        is_rolled_back=is_rolled_back,
        capabilities=observed.capabilities,
    )
    preflight = _due_preflight(service, plan, observed, settings)
    if preflight is None:
        return plan
    return replace(
        plan, serves=False, kept_template=_running_template(observed), preflight=preflight
    )


def _due_preflight(
    service: VoiceService, plan: Plan, observed: Observed, settings: OperatorSettings
) -> str | None:
    """Returns the preflight Job that has to succeed before a good pod is replaced, if any has."""
    running, deployment = _running_template(observed), observed.deployment or {}
    if (
        not plan.serves
        or service.spec.rollout.strategy != "replace"
        or running is None
        or running != observed.good_template  # nothing good would be lost
        or not (plan.replicas and deployment["spec"].get("replicas", 1))
        or digest_in(running) == digest_in(pod_template(service, plan, settings))
    ):
        return None
    name = preflight_work_name(service, plan, settings)
    preflight = observed.preflights.get(name)
    return None if preflight is not None and holds(preflight.job, "Complete") else name


def _replicas(service: VoiceService, observed: Observed) -> int:
    spec = service.spec
    if spec.suspend:
        return 0
    if spec.scaling is None:
        return spec.replicas
    # Until the autoscaler has decided, the existing pods are the best guess of the load.
    decision = observed.scaling_decision
    if decision is not None:
        decided = decision.replicas
    else:
        deployed = (observed.deployment or {}).get("spec", {}).get("replicas", 0)
        decided = deployed or service.status.desired_replicas or spec.scaling.min
    return max(spec.scaling.min, min(decided, spec.scaling.max))


def _running_template(observed: Observed) -> Manifest | None:
    if observed.deployment is None:
        return None
    template: Manifest = observed.deployment["spec"]["template"]
    return template


def _cache_work(resolved: Resolved, observed: Observed, *, is_verified: bool) -> CacheWork | None:
    if resolved.job is None:
        return None
    spec = resolved.service.spec
    cache = spec.cache
    creates_claim = cache is None or cache.claim_name is None
    modes = (observed.claim or {}).get("spec", {}).get("accessModes", [])
    return CacheWork(
        claim=resolved.claim,
        creates_claim=creates_claim,
        job=resolved.job,
        single_node=mounts_on_one_node(resolved.service, modes),
        single_pod=not creates_claim and _ONE_POD in modes,
        # How the claim mounts decides where the Job may run, and a Job cannot be changed.
        wants_job=not (is_verified or spec.suspend)
        and (creates_claim or (observed.claim is not None and _ONE_POD not in modes)),
    )


def is_claim_usable(cache: CacheWork, observed: Observed) -> bool:
    """Returns whether the claim exists and can be used, or is about to be created.

    How a claim that is gone would mount is unknown: pods that run stay as they are.
    """
    return cache.creates_claim or (observed.claim is not None and not cache.single_pod)


def verified_model(resolved: Resolved, observed: Observed) -> VerifiedModel | None:
    """Returns the verified model in the claim for this spec: recorded, or just downloaded."""
    return recorded_model(resolved, observed.claim) or _downloaded(resolved, observed)


def recorded_model(resolved: Resolved, claim: Object | None) -> VerifiedModel | None:
    """Returns the verified model that the status records, if it is what the spec asks for.

    A record counts for the claim that it names: one that is created anew is another one.
    """
    service, vocoder = resolved.service, resolved.vocoder
    status, places = service.status, (resolved.place, claim_uid(claim))
    if status.refresh != resolved.refresh:
        return None
    model = _recorded_checkpoint(service.spec.model, status.model, *places)
    if model is None:
        return None
    if vocoder is None:
        return VerifiedModel(model, None, _cache_seconds(service))
    recorded = _recorded_checkpoint(vocoder, status.vocoder, *places)
    return VerifiedModel(model, recorded, _cache_seconds(service)) if recorded else None


def _cache_seconds(service: VoiceService) -> float:
    phases = service.status.phases
    return (phases.cache_seconds if phases else None) or 0.0


def claim_uid(claim: Object | None) -> str | None:
    """Returns the identity of the claim that is there."""
    return None if claim is None else str(claim["metadata"]["uid"])


def _recorded_checkpoint(
    wanted: Checkpoint, recorded: ServedModel | None, place: str, claim: str | None
) -> VerifiedCheckpoint | None:
    if (
        recorded is None
        or recorded.source != wanted.source
        or recorded.requested != wanted.revision
        # An older operator wrote down neither.
        or recorded.place not in (None, place)
        or not (recorded.claim_uid is None or claim in (None, recorded.claim_uid))
        or recorded.revision is None
        or recorded.sha256 is None
        or wanted.sha256 not in (None, recorded.sha256)
    ):
        return None
    return VerifiedCheckpoint(
        source=recorded.source,
        revision=recorded.revision,
        sha256=recorded.sha256,
        bytes=recorded.bytes or 0,
        directory=recorded.directory or "",
        kind=recorded.kind,
        languages=recorded.languages or (),
        speakers=recorded.speakers,
    )


def _downloaded(resolved: Resolved, observed: Observed) -> VerifiedModel | None:
    if not holds(observed.job, "Complete"):
        return None
    for pod in observed.job_pods:
        found = checkpoints_of(pod)
        if "model" in found and ("vocoder" in found) == (resolved.vocoder is not None):
            return VerifiedModel(found["model"], found.get("vocoder"), seconds_of(pod))
    return None


def was_rolled_back(resolved: Resolved) -> bool:
    """Returns whether this very spec has failed before and the last good template stands in.

    A refresh to the newest revision is another try, though the spec is the same.
    """
    service = resolved.service
    is_refreshed = resolved.job is not None and service.status.refresh != resolved.refresh
    return not is_refreshed and any(
        condition.type == "Degraded"
        and condition.reason == ROLLED_BACK
        and condition.observed_generation == service.metadata.generation
        for condition in service.status.conditions
    )


def must_roll_back(service: VoiceService, observed: Observed) -> bool:
    """Returns whether the spec's pods failed for good while none of the old ones could stay.

    Only with `replace`: with `surge` the old pods serve on beside the ones that fail.
    """
    if service.spec.rollout.strategy != "replace" or not _is_tried(service, observed):
        return False
    present = digest_in(_running_template(observed) or {})
    tried = [pod for pod in observed.pods if present and digest_in(pod) == present]
    if any(map(is_ready, tried)):
        return False  # where one serves, going back would cost what it serves
    return is_late(observed.deployment) or _fails_at_every_start(tried)


def _fails_at_every_start(tried: Sequence[Object]) -> bool:
    """Returns whether a pod of those that are tried ends again and again.

    A self-test that fails ends its pod long before the deadline, and nothing serves meanwhile.
    """
    never_ready = [pod for pod in tried if not has_been_ready(pod)]
    restarts = (
        one.get("restartCount") or 0 for pod in never_ready for one in container_states(pod)
    )
    return max(restarts, default=0) >= _FAILED_STARTS


def _is_tried(service: VoiceService, observed: Observed) -> bool:
    """Returns whether the Deployment's status is about this spec's own pods, not about others."""
    deployment, good = observed.deployment, observed.good_template
    return (
        deployment is not None
        and good is not None
        and deployment["spec"]["template"] != good
        and has_been_seen(deployment)
        and service.status.observed_generation == service.metadata.generation
    )
