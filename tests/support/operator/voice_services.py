"""VoiceServices for tests: made of a few fields, and read from `manifests/samples`."""

import hashlib
from typing import Any

import yaml

from nemo_voice_operator.api import KIND, VoiceService, parse
from nemo_voice_operator.api.model_source import Checkpoint
from nemo_voice_operator.desired.cache import mounts_on_one_node
from nemo_voice_operator.kube.kinds import OPTIONAL
from nemo_voice_operator.planning.resolution import resolve
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import (
    CacheWork,
    Capabilities,
    Plan,
    VerifiedCheckpoint,
    VerifiedModel,
)
from nemo_voice_operator.state.resolved import Resolved
from support.docs.repository import ROOT

DEMO = {"source": "demo"}
SAMPLES = {path.stem: path for path in sorted((ROOT / "manifests" / "samples").glob("*.yaml"))}


def voice_service(name: str = "narrator", **spec: Any) -> VoiceService:
    """Returns a tts VoiceService with these fields of its spec, spelt as in YAML; else the demo."""
    metadata = {"name": name, "namespace": "speech", "uid": f"uid-of-{name}"}
    return parse({"metadata": metadata, "spec": {"task": "tts", "model": DEMO, **spec}})


def objects_of(sample: str) -> list[dict[str, Any]]:
    """Returns the objects in a sample."""
    return list(yaml.safe_load_all(SAMPLES[sample].read_text()))


def services_of(sample: str) -> list[VoiceService]:
    """Returns the VoiceServices in a sample, as an API server would give them."""
    services = [thing for thing in objects_of(sample) if thing["kind"] == KIND]
    return [voice_service(thing["metadata"]["name"], **thing["spec"]) for thing in services]


def resolved(service: VoiceService) -> Resolved:
    """Returns the VoiceService resolved under the default settings."""
    return resolve(service, OperatorSettings())


def verified_plan(
    service: VoiceService, settings: OperatorSettings, *, single_node: bool = False
) -> Plan:
    """Returns the plan at the moment when the cache Job has just succeeded.

    Args:
        service: The VoiceService.
        settings: The operator's settings.
        single_node: Whether a claim that exists can be mounted on one node only.
    """
    spec = service.spec
    replicas = spec.scaling.min if spec.scaling else spec.replicas
    capabilities = Capabilities(frozenset(OPTIONAL))
    known = resolve(service, settings)
    if known.job is None:
        return Plan(replicas=replicas, capabilities=capabilities)
    modes = ["ReadWriteOnce" if single_node else "ReadWriteMany"]
    work = CacheWork(
        claim=known.claim,
        creates_claim=not (spec.cache and spec.cache.claim_name),
        job=known.job,
        single_node=mounts_on_one_node(service, modes),
    )
    vocoder = _verified(known.vocoder) if known.vocoder else None
    model = VerifiedModel(_verified(spec.model), vocoder)
    return Plan(replicas=replicas, cache=work, model=model, capabilities=capabilities)


def _verified(checkpoint: Checkpoint) -> VerifiedCheckpoint:
    digest = checkpoint.sha256 or hashlib.sha256(checkpoint.source.encode()).hexdigest()
    revision = checkpoint.revision or digest[:40]
    folder = checkpoint.source.rpartition("/")[2]
    return VerifiedCheckpoint(checkpoint.source, revision, digest, 1, f"{folder}@{revision}")
