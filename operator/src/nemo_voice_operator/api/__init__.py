"""The VoiceService resource: what its user may write, and what the operator reports.

The one source of the CRD (`crd.py`) and of `docs/voiceservice.md`: docstrings here become their
texts, and the rules in `cel` are checked by the API server.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from nemo_voice_operator.api.base import Part
from nemo_voice_operator.api.spec import Spec
from nemo_voice_operator.api.status import Status

GROUP, VERSION, KIND, PLURAL = "nemo-voice.dev", "v1alpha1", "VoiceService", "voiceservices"
API_VERSION = f"{GROUP}/{VERSION}"
MAX_NAME_CHARS = 40
"""Leaves room in 63 characters for the suffixes in the names of owned objects."""
REFRESH_ANNOTATION = f"{GROUP}/refresh"
"""Changing its value resolves the model's revision anew."""


class Metadata(Part):
    """What the operator reads of the object's metadata."""

    name: str
    """Its name."""
    namespace: str
    """Its namespace."""
    uid: str = ""
    """Its identity."""
    generation: int = 1
    """Counts changes of the spec."""
    resource_version: str = ""
    """Counts every change."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Its annotations."""
    creation_timestamp: str | None = None
    """When it was made."""
    deletion_timestamp: str | None = None
    """When its deletion was asked for."""


class VoiceService(Part):
    """A speech service: a NeMo model behind HTTP, cached, warmed up, self-tested and scaled."""

    metadata: Metadata
    """Kubernetes' own."""
    spec: Spec
    """What is wanted of the speech service."""
    status: Status = Status()
    """What the operator found."""


def parse(manifest: Mapping[str, Any]) -> VoiceService:
    """Returns the resource that the API server gave.

    Raises:
        pydantic.ValidationError: It does not have the shape that the CRD demands.
    """
    return VoiceService.model_validate(manifest)


def readable(manifest: Mapping[str, Any]) -> VoiceService | None:
    """Returns the resource; None where it does not have the shape that the CRD demands."""
    try:
        return parse(manifest)
    except ValidationError:
        return None
