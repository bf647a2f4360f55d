"""A VoiceService with what follows from its spec alone."""

from dataclasses import dataclass

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.model_source import Checkpoint
from nemo_voice_operator.kube.objects import Key


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a reconcile needs to know of a VoiceService, computed once at its start."""

    service: VoiceService
    key: Key
    """Its namespace and name."""
    vocoder: Checkpoint | None
    """The vocoder of text to speech, named or by default."""
    claim: str
    """The claim that holds the models."""
    place: str
    """Where models are kept: the claim, and the mirror whose name their folders bear."""
    job: str | None
    """Name of the cache Job that downloads what the spec asks for; None for `demo`."""
    refresh: str | None
    """Value of the annotation that asks for the newest revision."""
