"""kstatus' rules for kinds that it does not know, by which Flux and Helm wait.

A port of `Compute`, `checkGenericProperties`, `checkGeneration` and `checkReadyCondition` of
github.com/fluxcd/cli-utils v1.2.2, pkg/kstatus/status, in their order; Helm is the original.
"""

from collections.abc import Mapping
from typing import Any


def kstatus_of(thing: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the status of an object, and the reason where a condition decides."""
    metadata, status = thing["metadata"], thing.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return "Terminating", ""
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "InProgress", "LatestGenerationNotObserved"
    conditions = status.get("conditions") or ()
    for one in conditions:
        if (one["type"], one["status"]) == ("Reconciling", "True"):
            return "InProgress", one["reason"]
        if (one["type"], one["status"]) == ("Stalled", "True"):
            return "Failed", one["reason"]
    for one in conditions:
        if one["type"] == "Ready":
            return ("Current", "") if one["status"] == "True" else ("InProgress", one["reason"])
    return "Current", ""
