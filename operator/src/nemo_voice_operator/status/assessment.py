"""What the conditions of a VoiceService are computed from."""

from dataclasses import dataclass
from datetime import datetime

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.kube.objects import is_rolled_out
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.state.pod_reports import PodReports
from nemo_voice_operator.state.resolved import Resolved
from nemo_voice_operator.status.pod_diagnosis import Diagnosis


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that the conditions are computed from."""

    resolved: Resolved
    plan: Plan
    observed: Observed
    reports: PodReports
    diagnosis: Diagnosis | None
    existing: int
    ready: int
    now: datetime
    is_refused: bool = False
    """Whether the API server refused an owned object."""

    @property
    def service(self) -> VoiceService:
        """The VoiceService with its status so far."""
        return self.resolved.service

    @property
    def is_short(self) -> bool:
        """Whether fewer pods are ready than wanted."""
        return self.ready < self.plan.replicas

    @property
    def is_leaving(self) -> bool:
        """Whether the VoiceService's deletion has begun."""
        return self.service.metadata.deletion_timestamp is not None

    @property
    def has_settled(self) -> bool:
        """Whether every pod is of the newest template and ready, and none of another is left."""
        if self.is_refused or self.is_leaving:
            return False
        if self.service.spec.suspend or (self.plan.serves and not self.plan.replicas):
            return not self.existing
        return self.plan.serves and is_rolled_out(self.observed.deployment) and not self.is_short
