"""What the operator reports of a VoiceService."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from nemo_voice_operator.api.base import Part

MAX_REASON_CHARS, MAX_MESSAGE_CHARS = 128, 4096
MAX_KIND_CHARS, MAX_LANGUAGE_CHARS, MAX_LANGUAGES, MAX_SPEAKERS = 64, 35, 100, 1_000_000
"""Of a checkpoint. No BCP 47 tag in use is longer; no model has so many languages."""


class Phase(StrEnum):
    """Where a VoiceService is, in one word."""

    PENDING = "Pending"
    CACHING = "Caching"
    LOADING = "Loading"
    WARMING = "Warming"
    READY = "Ready"
    DEGRADED = "Degraded"
    FAILED = "Failed"
    SUSPENDED = "Suspended"
    TERMINATING = "Terminating"


class Condition(Part):
    """A condition of the VoiceService, in Kubernetes' standard shape."""

    type: Annotated[str, Field(max_length=64)]
    """Its type."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS)]
    """Why, in one word; an owned object's own reason where there is one."""
    message: Annotated[str, Field(max_length=MAX_MESSAGE_CHARS)] = ""
    """Why, for people."""
    last_transition_time: str
    """When the status last changed."""
    observed_generation: int | None = None
    """The generation of the spec that this is about."""


class ServedModel(Part):
    """A checkpoint as it was found."""

    source: str
    """What was asked for."""
    requested: str | None = None
    """The revision that was asked for, when one was."""
    revision: str | None = None
    """What was found: a commit, or the digest of a file without revisions."""
    sha256: str | None = None
    """Digest of the .nemo file."""
    bytes: int | None = None
    """Its size."""
    kind: Annotated[str, Field(max_length=MAX_KIND_CHARS)] | None = None
    """What it is, in a word, such as `transducer` or `FastPitch`."""
    languages: (
        Annotated[
            tuple[Annotated[str, Field(max_length=MAX_LANGUAGE_CHARS)], ...],
            Field(max_length=MAX_LANGUAGES),
        ]
        | None
    ) = None
    """Codes of what it speaks or understands, where that is known."""
    speakers: Annotated[int, Field(ge=1, le=MAX_SPEAKERS)] | None = None
    """How many voices it has; of voices only."""
    directory: str | None = None
    """Its folder in the claim."""
    place: str | None = None
    """The claim, and the mirror that it came from where one is named."""
    claim_uid: str | None = None
    """Identity of the claim: another one of its name is empty."""


class PhaseSeconds(Part):
    """How long the way to ready took: the slowest ready pod's, and the download's."""

    cache_seconds: float | None = None
    """Download and check."""
    load_seconds: float | None = None
    """Reading the model into the device."""
    warmup_seconds: float | None = None
    """Warm-up of every batch size, and the self-test."""


class Load(Part):
    """The last scaling decision and what it was made of."""

    in_flight: float | None = None
    """Requests admitted and unfinished over all pods."""
    queue_seconds: float | None = None
    """Seconds until the work inside is done, added over all pods."""
    sessions: float | None = None
    """Live sessions that are open over all pods."""
    decision: int | None = None
    """Replicas decided on."""
    reason: str | None = None
    """Why, in one word."""
    message: str | None = None
    """Why, for people."""


class Progress(Part):
    """How far the download is."""

    phase: str
    """What it does."""
    done_bytes: int
    """Bytes so far."""
    total_bytes: int | None = None
    """Bytes in all, when known."""


class Status(Part):
    """What the operator found."""

    observed_generation: int | None = None
    """The generation of the spec that this status is about."""
    operator: Annotated[str, Field(max_length=317)] | None = None
    """The operator that manages it, by namespace and name of its Lease; others leave it alone."""
    phase: Phase | None = None
    """Where it is, in one word."""
    reason: str | None = None
    """Why it is not as wanted, in one word: the reason of the condition that says so."""
    endpoint: str | None = None
    """Where requests go inside the cluster."""
    selector: str | None = None
    """Label selector of the pods, for `/scale`."""
    replicas: int = 0
    """Pods that exist."""
    ready_replicas: int = 0
    """Pods that are ready."""
    desired_replicas: int = 0
    """Pods that are wanted."""
    model: ServedModel | None = None
    """The model that is served."""
    vocoder: ServedModel | None = None
    """The vocoder that is served."""
    refresh: str | None = None
    """The value of the annotation `nemo-voice.dev/refresh` that the revision was resolved for."""
    progress: Progress | None = None
    """How far the download is, while it runs."""
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
            }
        ),
    ] = ()
    """ModelCached, WarmedUp, Ready, Stalled, Reconciling, Degraded; with `route` RouteAccepted."""
    phases: PhaseSeconds | None = None
    """How long the way to ready took."""
    load: Load | None = None
    """The last scaling decision."""


def manager_of(resource: Mapping[str, Any]) -> str:
    """Returns the operator that has claimed a VoiceService; empty where none has."""
    return str((resource.get("status") or {}).get("operator") or "")
