"""Computes what follows from the spec of a VoiceService alone, whatever the cluster holds."""

from dataclasses import replace

from nemo_voice_operator.api import REFRESH_ANNOTATION, VoiceService
from nemo_voice_operator.api.model_source import DEMO, Checkpoint
from nemo_voice_operator.api.spec import Task
from nemo_voice_operator.desired.cache import cache_work_name, claim_of, place_of
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.planning.default_vocoders import default_vocoder
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.resolved import Resolved


def resolve(
    service: VoiceService, settings: OperatorSettings, before: Resolved | None = None
) -> Resolved:
    """Returns the VoiceService with what follows from its spec.

    Args:
        service: The VoiceService.
        settings: The operator's settings, which the cache Job's pod depends on too.
        before: What was resolved of it last; reused while spec and annotation are the same.
    """
    refresh = service.metadata.annotations.get(REFRESH_ANNOTATION)
    if before is not None and _has_same_spec(before, service, refresh):
        return replace(before, service=service)
    vocoder = vocoder_of(service)
    needs_cache = any(
        one is not None and one.source != DEMO for one in (service.spec.model, vocoder)
    )
    return Resolved(
        service=service,
        key=Key(service.metadata.namespace, service.metadata.name),
        vocoder=vocoder,
        claim=claim_of(service),
        place=place_of(service),
        job=cache_work_name(service, settings) if needs_cache else None,
        refresh=refresh,
    )


def vocoder_of(service: VoiceService) -> Checkpoint | None:
    """Returns the vocoder that a tts service uses, named or by default."""
    spec = service.spec
    if spec.task is not Task.TTS:
        return None
    if spec.vocoder is not None:
        return spec.vocoder
    return Checkpoint(source=default_vocoder(spec.model.source))


def _has_same_spec(before: Resolved, service: VoiceService, refresh: str | None) -> bool:
    known, metadata = before.service.metadata, service.metadata
    is_same = (known.uid, known.generation) == (metadata.uid, metadata.generation)
    return is_same and before.refresh == refresh
