"""CPU and memory of the Jobs' pods: little, and with limits where the serving pods have some."""

from decimal import Decimal, InvalidOperation

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.pods import Resources
from nemo_voice_operator.desired.pod import plain
from nemo_voice_operator.kube.manifests import Json, Manifest

_REQUESTS = {"cpu": "100m", "memory": "512Mi"}
_QUOTA_KINDS = (*_REQUESTS, "ephemeral-storage")
"""What a quota may demand of every pod; GPUs and huge pages are for those that use them."""
_SUFFIXES = {"m": Decimal("0.001"), "": Decimal(1)} | {
    f"{letter}{binary}": Decimal(1024 if binary else 1000) ** power
    for binary in ("", "i")
    for power, letter in enumerate(("k" if not binary else "K", "M", "G", "T", "P", "E"), start=1)
}


def job_resources(service: VoiceService) -> Json:
    """Returns the spec's `jobResources`, else small requests within the serving pods' limits.

    A quota on limits admits only pods that have some, so the limits are the serving pods'.
    """
    spec = service.spec
    if spec.job_resources is not None:
        return plain(spec.job_resources)
    given = spec.resources or Resources()
    limits = {name: one for name, one in (given.limits or {}).items() if name in _QUOTA_KINDS}
    asked = {name: one for name, one in (given.requests or {}).items() if name in _QUOTA_KINDS}
    requests: Manifest = {
        name: _least(wanted, limits.get(name)) for name, wanted in {**asked, **_REQUESTS}.items()
    }
    return {"requests": requests, "limits": dict(limits) or None}


def _least(wanted: str, limit: str | None) -> str:
    """Returns the request, or the limit where that is less: the API server refuses it otherwise."""
    most, amount = _amount(limit), _amount(wanted)
    return limit if limit and most is not None and amount is not None and most < amount else wanted


def _amount(quantity: str | None) -> Decimal | None:
    """Returns a quantity as a number; None for what is none, which the API server refuses."""
    text = (quantity or "").strip()
    number = text.rstrip("KMGTPEikm")
    factor = _SUFFIXES.get(text[len(number) :])
    try:
        return None if factor is None else Decimal(number) * factor
    except InvalidOperation:
        return None
