"""The plan: what the owned objects are built from, beside the spec.

`plan_of` in `planning.py` decides it from what was observed; `desired/` builds from it.
"""

from dataclasses import dataclass

from nemo_voice_operator.kube.kinds import Kind
from nemo_voice_operator.kube.manifests import Manifest


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Which optional kinds the cluster knows."""

    kinds: frozenset[Kind] = frozenset()

    def knows(self, kind: Kind) -> bool:
        """Returns whether the cluster knows this kind."""
        return kind in self.kinds


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that lies complete and verified in the claim."""

    source: str
    revision: str
    """Commit of a Hugging Face model; the digest of any other."""
    sha256: str
    bytes: int
    directory: str
    """Its folder in the claim."""
    kind: str | None = None
    """What it is, in a word; None where the download did not say."""
    languages: tuple[str, ...] = ()
    """Codes of what it speaks or understands; none where that is not known."""
    speakers: int | None = None
    """How many voices it has; of voices only."""


@dataclass(frozen=True, slots=True)
class VerifiedModel:
    """What a cache Job downloaded and verified."""

    model: VerifiedCheckpoint
    vocoder: VerifiedCheckpoint | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CacheWork:
    """A download that is to happen, or has happened."""

    claim: str
    """The claim it fills."""
    creates_claim: bool
    """Whether the claim is made for this VoiceService."""
    job: str
    """Name of the Job; the same for every VoiceService that needs the same work."""
    single_node: bool = False
    """Whether the claim can be mounted by the pods of one node only."""
    single_pod: bool = False
    """Whether a claim that exists can be mounted by one pod only, so that neither a download nor
    a preflight could run beside the pod that serves."""
    wants_job: bool = True
    """False once its result is recorded: the Job may go."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be true now of one VoiceService."""

    replicas: int
    """Pods that are wanted: 0 while suspended or while there is no verified model to serve."""
    cache: CacheWork | None = None
    """None for `demo`, which needs no claim."""
    model: VerifiedModel | None = None
    """What the pods are to serve; None for `demo` and while nothing is verified."""
    serves: bool = True
    """Whether the spec's own pods may exist: `demo`, or a model verified for this spec."""
    kept_template: Manifest | None = None
    """The last good pod template, kept while the spec's own may not or must not run."""
    is_rolled_back: bool = False
    """Whether that template stands in for the spec's own, which was tried and failed."""
    preflight: str | None = None
    """Name of the preflight Job that has to succeed before a serving pod is replaced by the spec's
    own; None where none is needed, or it has succeeded."""
    capabilities: Capabilities = Capabilities()
