"""The Lease of an operator: what it is called, and what it says of the operator that holds it.

An operator is known by the namespace and the name of its Lease, `voice/nemo-voice-operator`: the
Lease says whether the operator is alive, whichever replica leads.
"""

import re
from collections.abc import Sequence

from nemo_voice_operator.api import GROUP
from nemo_voice_operator.api.base import SUBDOMAIN
from nemo_voice_operator.kube.kinds import LEASE, Reference
from nemo_voice_operator.kube.objects import Object

LEASE_NAME = "nemo-voice-operator"
WATCHES_ANNOTATION = f"{GROUP}/watches"
"""On the Lease: the namespaces that the operator manages, separated by commas, or `*` for all."""
_EVERYWHERE = "*"


def operator_name(namespace: str) -> str:
    """Returns the name by which the operator in this namespace is known to others."""
    return f"{namespace}/{LEASE_NAME}"


def lease_of(operator: str) -> Reference | None:
    """Returns which Lease an operator's name means; None where it is no such name."""
    namespace, _, name = operator.partition("/")
    are_names = all(re.fullmatch(SUBDOMAIN, one) for one in (namespace, name))
    return Reference(LEASE, namespace, name) if are_names else None


def scope_of(namespaces: Sequence[str]) -> str:
    """Returns the annotation's value for the namespaces that are managed; none means all."""
    return ",".join(namespaces) or _EVERYWHERE


def is_watched(lease: Object, namespace: str) -> bool:
    """Returns whether the operator of this Lease manages the namespace, as far as it says."""
    scope = (lease["metadata"].get("annotations") or {}).get(WATCHES_ANNOTATION) or _EVERYWHERE
    return scope == _EVERYWHERE or namespace in scope.split(",")


def holder_of(lease: Object) -> str:
    """Returns the replica that holds the Lease; empty where it was released."""
    return (lease.get("spec") or {}).get("holderIdentity") or ""


def duration_s(lease: Object, otherwise: float) -> float:
    """Returns the seconds for which a renewal counts; the given ones where the Lease has none."""
    return float((lease.get("spec") or {}).get("leaseDurationSeconds") or otherwise)
