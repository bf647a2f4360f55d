"""What the operator may do in a cluster: the one source of its roles.

`docs/operator.md` lists it and the chart grants it; tests run the operator under exactly this.
"""

from collections.abc import Sequence

from nemo_voice_operator.kube.kinds import (
    EVENT,
    OWNED,
    POD,
    SERVICE_MONITOR,
    VOICE_SERVICE,
    Kind,
)
from nemo_voice_operator.kube.manifests import Manifest

_READ = ("get", "list", "watch")
_WRITE = ("create", "patch", "delete")


def rules() -> list[Manifest]:
    """Returns what it may do where VoiceServices are: in a namespace, or in all of them."""
    return [
        _rule([VOICE_SERVICE], _READ),
        _rule([VOICE_SERVICE], ("patch",), subresource="status"),
        _rule([POD], _READ),
        *(_rule([kind], (*_READ, *_WRITE)) for kind in OWNED if kind is not SERVICE_MONITOR),
        # An optional kind is never watched: it may not be there.
        _rule([SERVICE_MONITOR], ("get", "list", *_WRITE)),
        _rule([EVENT], ("create",)),
    ]


def own_rules() -> list[Manifest]:
    """Returns what it may do in its own namespace: hold the Lease by which one replica leads."""
    return [
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "create", "update"],
        }
    ]


def definition_rules() -> list[Manifest]:
    """Returns what `crd apply` may do: make and change this one definition."""
    return [
        {
            "apiGroups": ["apiextensions.k8s.io"],
            "resources": ["customresourcedefinitions"],
            "resourceNames": [f"{VOICE_SERVICE.plural}.{VOICE_SERVICE.group}"],
            "verbs": ["create", "patch"],
        }
    ]


def _rule(kinds: Sequence[Kind], verbs: Sequence[str], subresource: str = "") -> Manifest:
    suffix = f"/{subresource}" if subresource else ""
    return {
        "apiGroups": sorted({kind.group for kind in kinds}),
        "resources": [kind.plural + suffix for kind in kinds],
        "verbs": list(verbs),
    }
