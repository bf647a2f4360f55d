"""A claim without a volume, in the provisioner's words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nemo_voice_operator.status.claim_diagnosis import claim_diagnosis
from nemo_voice_operator.status.pod_diagnosis import Diagnosis
from support.operator.observations import CREATED, event

START = datetime(2026, 1, 1, tzinfo=UTC)
NO_CLASS = 'storageclass.storage.k8s.io "fast" not found'


def claim(phase: str = "Pending") -> dict[str, Any]:
    metadata = {"name": "narrator-models", "uid": "uid-of-claim", "creationTimestamp": CREATED}
    return {"metadata": metadata, "status": {"phase": phase}}


def told(
    reason: str, note: str, *, after_s: float = 5, kind: str = "Warning", phase: str = "Pending"
) -> Diagnosis | None:
    events = {"uid-of-claim": [event(reason, note, of="uid-of-claim", kind=kind)]}
    return claim_diagnosis(claim(phase), events, START + timedelta(seconds=after_s))


def test_missing_storage_class_is_named() -> None:
    words = f"PersistentVolumeClaim narrator-models: {NO_CLASS}"
    assert told("ProvisioningFailed", NO_CLASS) == Diagnosis("ProvisioningFailed", words, "")
    assert told("ProvisioningFailed", NO_CLASS, phase="Bound") is None


def test_claim_that_nothing_can_fill_is_told() -> None:
    found = told("FailedBinding", "no storage class is set", kind="Normal")
    assert found is not None
    assert found.reason == "FailedBinding"


def test_provisioner_that_is_slow_is_named_after_a_minute() -> None:
    waits = "Waiting for a volume to be created by the external provisioner 'nfs.example'"
    assert told("ExternalProvisioning", waits, kind="Normal") is None
    found = told("ExternalProvisioning", waits, kind="Normal", after_s=60)
    assert found is not None
    assert "nfs.example" in found.message


def test_claim_that_waits_for_its_first_pod_is_well() -> None:
    assert told("WaitForFirstConsumer", "waiting for first consumer", after_s=900) is None
    assert claim_diagnosis(claim(), {}, START) is None
    assert claim_diagnosis(None, {}, START) is None
