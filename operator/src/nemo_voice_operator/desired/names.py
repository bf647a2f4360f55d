"""Names, labels and selectors: the only place that makes them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.kube.labels import (
    CACHE,
    CLAIM_LABEL,
    COMPONENT_LABEL,
    MANAGED_BY,
    SERVICE_LABEL,
    SERVING,
    TEMPLATE_ANNOTATION,
)
from nemo_voice_operator.kube.manifests import Json, Manifest, without_none

MAX_LABEL_CHARS = 63


def labels_of(service: VoiceService, component: str = SERVING) -> dict[str, str]:
    """Returns the labels of an owned object."""
    return {
        "app.kubernetes.io/name": f"nemo-voice-{service.spec.task}",
        "app.kubernetes.io/instance": service.metadata.name,
        COMPONENT_LABEL: component,
        SERVICE_LABEL: service.metadata.name,
        **MANAGED_BY,
    }


def selector_of(service: VoiceService) -> dict[str, str]:
    """Returns the labels that select the serving pods; they never change."""
    return {SERVICE_LABEL: service.metadata.name, COMPONENT_LABEL: SERVING}


def metadata_of(
    service: VoiceService, name: str | None = None, component: str = SERVING
) -> Manifest:
    """Returns the metadata of an owned object, with what the spec adds to it."""
    annotations = service.spec.object_annotations
    return {
        "name": name or service.metadata.name,
        "namespace": service.metadata.namespace,
        "labels": {**(service.spec.object_labels or {}), **labels_of(service, component)},
        **({"annotations": dict(annotations)} if annotations else {}),
    }


def shared_labels(service: VoiceService, claim: str) -> dict[str, str]:
    """Returns the labels of what fills a claim, the same for every VoiceService that needs it."""
    return {
        "app.kubernetes.io/name": f"nemo-voice-{service.spec.task}",
        COMPONENT_LABEL: CACHE,
        CLAIM_LABEL: claim_label(claim),
        **MANAGED_BY,
    }


def claim_label(claim: str) -> str:
    """Returns the claim's name as the value of a label, which is shorter than a name may be."""
    if len(claim) <= MAX_LABEL_CHARS:
        return claim
    return f"{claim[:50].rstrip('.-')}-{hashlib.sha256(claim.encode()).hexdigest()[:10]}"


def claim_name(service: VoiceService) -> str:
    """Returns the name of the claim that is made for a VoiceService."""
    return f"{service.metadata.name}-models"


def headless_name(service: VoiceService) -> str:
    """Returns the name of the Service whose name resolves to every ready pod."""
    return f"{service.metadata.name}-headless"


def job_name(identity: Mapping[str, Json]) -> str:
    """Returns the name of the cache Job of this identity."""
    return f"nemo-voice-cache-{_digest(identity)}"


def preflight_name(service: VoiceService, template: Mapping[str, Json]) -> str:
    """Returns the name of the preflight Job with pods of this template."""
    return f"{service.metadata.name}-preflight-{_digest(template)}"


def good_revision_name(service: VoiceService, template: Mapping[str, Json]) -> str:
    """Returns the name of the record of a good pod template; a record never changes."""
    return f"{service.metadata.name}-good-{_digest(template)}"


def with_digest(template: Manifest) -> Manifest:
    """Returns a pod template that carries its digest, by which a pod made from it is recognised."""
    cleaned: dict[str, Any] = without_none(template)
    metadata = cleaned["metadata"]
    annotations = {**metadata.get("annotations", {}), TEMPLATE_ANNOTATION: _digest(cleaned)}
    return {**cleaned, "metadata": {**metadata, "annotations": annotations}}


def digest_in(template: Mapping[str, Any]) -> str | None:
    """Returns the digest that a pod template, or a pod made from it, carries."""
    annotations = template.get("metadata", {}).get("annotations") or {}
    return annotations.get(TEMPLATE_ANNOTATION)


def _digest(content: Mapping[str, Json]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
