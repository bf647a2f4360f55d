"""Diagnoses a claim that has no volume, in the words of who should provide one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from nemo_voice_operator.kube.events import notes_of
from nemo_voice_operator.kube.objects import Object, moment_of
from nemo_voice_operator.status.pod_diagnosis import Diagnosis
from nemo_voice_operator.status.unexplained import is_unbound

_FAILURES = frozenset({"ProvisioningFailed", "FailedBinding"})
_WAITS_FOR_PROVISIONER = "ExternalProvisioning"
_PROVISIONED_S = 60.0
"""Most provisioners make a volume sooner."""


def claim_diagnosis(
    claim: Object | None, events: Mapping[str, Sequence[Object]], now: datetime
) -> Diagnosis | None:
    """Returns why a claim has no volume; None where it has one or may soon have.

    Args:
        claim: The claim.
        events: Events of objects that wait, by their uid.
        now: The time.
    """
    if claim is None or not is_unbound(claim):
        return None
    metadata = claim["metadata"]
    created = moment_of(metadata.get("creationTimestamp"))
    is_long = created is not None and (now - created).total_seconds() >= _PROVISIONED_S
    told = _FAILURES | {_WAITS_FOR_PROVISIONER} if is_long else _FAILURES
    notes = [one for one in notes_of(events.get(str(metadata["uid"]), ())) if one.reason in told]
    if not notes:
        return None
    message = f"PersistentVolumeClaim {metadata['name']}: {notes[-1].text}"
    return Diagnosis(notes[-1].reason, message, "")
