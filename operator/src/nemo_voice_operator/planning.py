"""Decides what is to be true now of a VoiceService from what was observed. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nemo_voice_operator.desired.cache import cache_work_name, claim_of
from nemo_voice_operator.manifests import Manifest
from nemo_voice_operator.observed import Object, Observed, condition_of, has_been_seen, holds
from nemo_voice_operator.plan import CacheWork, Plan, ProvenCheckpoint, ProvenModel
from nemo_voice_operator.resource import REFRESH_ANNOTATION, VoiceService
from nemo_voice_operator.resource.models import DEMO, Checkpoint
from nemo_voice_operator.resource.spec import Task
from nemo_voice_operator.resource.status import ServedModel
from nemo_voice_operator.settings import OperatorSettings

ROLLED_BACK = "RolledBack"
"""Reason of `Degraded` while the last good template stands in for one that failed."""
_DEFAULT_VOCODER = "nvidia/tts_hifigan"


@dataclass(frozen=True, slots=True)
class CacheFailure:
    """Why a download failed."""

    reason: str
    message: str


def vocoder_of(service: VoiceService) -> Checkpoint | None:
    """Returns the vocoder that a tts service uses, named or by default."""
    spec = service.spec
    if spec.task is not Task.TTS:
        return None
    if spec.vocoder is not None:
        return spec.vocoder
    return Checkpoint(source=DEMO if spec.model.source == DEMO else _DEFAULT_VOCODER)


def needs_cache(service: VoiceService) -> bool:
    """Returns whether anything has to be brought into a claim; `demo` is in the image."""
    checkpoints = [service.spec.model, vocoder_of(service)]
    return any(one is not None and one.source != DEMO for one in checkpoints)


def plan_of(service: VoiceService, observed: Observed, settings: OperatorSettings) -> Plan:
    """Returns what is to be true now."""
    proven = proven_model(service, observed)
    cache = _cache_work(service, observed, settings, is_proven=proven is not None)
    is_proven = cache is None or (proven is not None and observed_claim(cache, observed))
    failed_before = was_rolled_back(service) or must_roll_back(service, observed)
    kept = observed.good_template if failed_before else _running_template(observed)
    is_rolled_back = failed_before and kept is not None
    serves = is_proven and not is_rolled_back
    return Plan(
        replicas=_replicas(service, observed),
        cache=cache,
        model=proven,
        serves=serves,
        kept_template=None if serves or kept is None else dict(kept),
        is_rolled_back=is_rolled_back,
        capabilities=observed.capabilities,
    )


def job_of(service: VoiceService, settings: OperatorSettings) -> str | None:
    """Returns the name of the cache Job that brings what the spec asks for; None where none is."""
    return cache_work_name(service, settings) if needs_cache(service) else None


def _replicas(service: VoiceService, observed: Observed) -> int:
    spec = service.spec
    if spec.suspend:
        return 0
    if spec.scaling is None:
        return spec.replicas
    # Until the scaler has spoken, the pods that are there are the best guess of the load.
    decided = observed.wanted_replicas
    if decided is None:
        deployed = (observed.deployment or {}).get("spec", {}).get("replicas", 0)
        decided = deployed or service.status.desired_replicas or spec.scaling.min
    return max(spec.scaling.min, min(decided, spec.scaling.max))


def _running_template(observed: Observed) -> Manifest | None:
    if observed.deployment is None:
        return None
    template: Manifest = observed.deployment["spec"]["template"]
    return template


def _cache_work(
    service: VoiceService, observed: Observed, settings: OperatorSettings, *, is_proven: bool
) -> CacheWork | None:
    job = job_of(service, settings)
    if job is None:
        return None
    cache = service.spec.cache
    creates_claim = cache is None or cache.claim_name is None
    modes = (observed.claim or {}).get("spec", {}).get("accessModes", [])
    return CacheWork(
        claim=claim_of(service),
        creates_claim=creates_claim,
        job=job,
        single_node="ReadWriteMany" not in modes,
        # How the claim mounts decides where the Job may run, and a Job cannot be changed.
        wants_job=not (is_proven or service.spec.suspend)
        and (creates_claim or observed.claim is not None),
    )


def observed_claim(cache: CacheWork, observed: Observed) -> bool:
    """Returns whether the claim is there, or is about to be made.

    Of a claim that is gone nobody knows how it mounts: pods that run stay as they are.
    """
    return cache.creates_claim or observed.claim is not None


def proven_model(service: VoiceService, observed: Observed) -> ProvenModel | None:
    """Returns what lies verified in the claim for this spec: recorded, or as the Job just said."""
    return recorded_model(service) or _brought(service, observed)


def refresh_of(service: VoiceService) -> str | None:
    """Returns the value of the annotation that asks for the newest revision."""
    return service.metadata.annotations.get(REFRESH_ANNOTATION)


def recorded_model(service: VoiceService) -> ProvenModel | None:
    """Returns what the status says lies verified in the claim, if that is what the spec asks."""
    status, vocoder = service.status, vocoder_of(service)
    if status.refresh != refresh_of(service):
        return None
    model = _recorded_checkpoint(service.spec.model, status.model)
    if model is None:
        return None
    if vocoder is None:
        return ProvenModel(model, None, _cache_seconds(service))
    recorded = _recorded_checkpoint(vocoder, status.vocoder)
    return ProvenModel(model, recorded, _cache_seconds(service)) if recorded else None


def _cache_seconds(service: VoiceService) -> float:
    phases = service.status.phases
    return (phases.cache_seconds if phases else None) or 0.0


def _recorded_checkpoint(
    wanted: Checkpoint, recorded: ServedModel | None
) -> ProvenCheckpoint | None:
    if (
        recorded is None
        or recorded.source != wanted.source
        or recorded.requested != wanted.revision
        or recorded.revision is None
        or recorded.sha256 is None
        or wanted.sha256 not in (None, recorded.sha256)
    ):
        return None
    return ProvenCheckpoint(
        source=recorded.source,
        revision=recorded.revision,
        sha256=recorded.sha256,
        bytes=recorded.bytes or 0,
        directory=recorded.directory or "",
    )


def _brought(service: VoiceService, observed: Observed) -> ProvenModel | None:
    if not holds(observed.job, "Complete"):
        return None
    for pod in observed.job_pods:
        told = checkpoints_of(pod)
        if "model" in told and ("vocoder" in told) == (vocoder_of(service) is not None):
            seconds = result_of(pod).get("seconds")
            known_s = float(seconds) if isinstance(seconds, int | float) else 0.0
            return ProvenModel(told["model"], told.get("vocoder"), known_s)
    return None


def checkpoints_of(pod: Object) -> dict[str, ProvenCheckpoint]:
    """Returns what a cache Job's pod says that it brought, by role; nothing if it says nonsense."""
    try:
        listed = result_of(pod)["checkpoints"]
        return {str(one["role"]): _checkpoint_of(one) for one in listed}
    except (LookupError, TypeError, ValueError):
        return {}


def _checkpoint_of(told: Mapping[str, Any]) -> ProvenCheckpoint:
    if not (told["revision"] and told["sha256"]):
        raise ValueError("a checkpoint without an identity proves nothing")
    return ProvenCheckpoint(
        source=str(told["source"]),
        revision=str(told["revision"]),
        sha256=str(told["sha256"]),
        bytes=int(told["bytes"]),
        directory=str(told["directory"] or ""),
    )


def result_of(pod: Object) -> Mapping[str, Any]:
    """Returns what a cache Job's pod left in its termination message, or nothing."""
    for container in pod.get("status", {}).get("containerStatuses") or ():
        message = container.get("state", {}).get("terminated", {}).get("message")
        if message:
            try:
                told = json.loads(message)
            except ValueError:
                continue
            if isinstance(told, Mapping):
                return told
    return {}


def cache_failure(observed: Observed) -> CacheFailure | None:
    """Returns why the newest try to download failed, if it did."""
    tries = sorted(observed.job_pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    for pod in reversed(tries):
        error = result_of(pod).get("error")
        # Without a result, the container's last words are its log, whose fields are anything.
        if isinstance(error, Mapping) and error.get("reason"):
            return CacheFailure(str(error["reason"]), str(error.get("message", "")))
    failed = condition_of(observed.job, "Failed")
    if failed is not None and failed["status"] == "True":
        return CacheFailure(failed.get("reason", "JobFailed"), failed.get("message", ""))
    return None


def was_rolled_back(service: VoiceService) -> bool:
    """Returns whether this very spec has failed before and the last good template stands in.

    Asking for the newest revision is another try, though the spec is the same.
    """
    is_refreshed = needs_cache(service) and service.status.refresh != refresh_of(service)
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
    progressing = condition_of(observed.deployment, "Progressing") or {}
    return (
        service.spec.rollout.strategy == "replace"
        and progressing.get("reason") == "ProgressDeadlineExceeded"
        and _is_tried(service, observed)
    )


def _is_tried(service: VoiceService, observed: Observed) -> bool:
    """Returns whether what the Deployment says is said of this spec's own pods, not of others."""
    deployment, good = observed.deployment, observed.good_template
    return (
        deployment is not None
        and good is not None
        and deployment["spec"]["template"] != good
        and has_been_seen(deployment)
        and service.status.observed_generation == service.metadata.generation
    )
