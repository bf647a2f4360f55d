"""What to change in a VoiceService when a model cannot be had: the field, not a variable.

The reasons are those of the services' model store; a contract test compares them.
"""

import re

from nemo_voice_operator.api import REFRESH_ANNOTATION
from nemo_voice_operator.api.model_source import Cache, Hub
from nemo_voice_operator.api.service_contract import REFUSALS
from nemo_voice_operator.api.spec import Spec
from nemo_voice_operator.planning.job_results import RETRY_S, JobFailure

_TRIED_AGAIN = f"it is tried again every {RETRY_S / 60:.0f} minutes"
_UNREACHED = frozenset({"HubUnreachable", "HubTimeout", "HubUnavailable", "ConnectionCut"})
_DENIED = frozenset({"HubUnauthorized", "HubForbidden"})
_NOT_WRITABLE = frozenset({"CacheForbidden", "CacheReadOnly", "CacheUnusable"})
_OTHER_FIELDS = {
    "RevisionNotFound": "correct {of}.revision",
    "CheckpointNotFound": "name the file itself in {of}.source (owner/name/file.nemo)",
    "FileNotFound": "copy the file into the claim, or correct {of}.source",
    "FileUnreadable": "let group 10001 read the file in the claim",
    "HubUntrusted": "name the certificate of the authority that signed it in hub.caBundle",
    "CaBundleUnusable": "put certificates as PEM into the key that hub.caBundle names",
    "OfflineMissing": "take HF_HUB_OFFLINE out of env, or copy the model into the claim",
    "DigestMismatch": "correct {of}.sha256, if that file is the right one",
    "DownloadDamaged": _TRIED_AGAIN,
    "Interrupted": _TRIED_AGAIN,
    "NotNemoArchive": "name another model in {of}.source",
    "CacheDamaged": "delete that folder from the claim, then set the annotation "
    + REFRESH_ANNOTATION,
}
_FIELDS_OF_SETTINGS = {
    "NEMO_VOICE_LANGUAGE": "languages",
    "NEMO_VOICE_SPEAKERS": "speakers",
    "NEMO_VOICE_DEFAULT_VOICE": "defaultVoice",
    "NEMO_VOICE_DECODER": "engine.decoder",
}
"""Settings that a checkpoint can be refused for, and the fields that they come from."""
_NOT_TRIED_AGAIN = (
    "it is not tried again by itself: where the same name holds another file now, change the "
    f"annotation {REFRESH_ANNOTATION}"
)


def advised(failure: JobFailure, spec: Spec) -> str:
    """Returns the message of a failed download with what to change in the spec."""
    advice = advice_for(failure, spec)
    if not advice:
        return failure.message
    return f"{failure.message} {advice[0].upper()}{advice[1:]}.".lstrip()


def advice_for(failure: JobFailure, spec: Spec) -> str:
    """Returns what to change in the spec; empty where no field of it is to blame."""
    of = failure.checkpoint or "model"
    checkpoint = spec.vocoder if of == "vocoder" and spec.vocoder else spec.model
    is_address = "://" in checkpoint.source
    reason = failure.reason
    if reason in _DENIED:
        return _of_the_token(of, reason, spec.hub or Hub(), is_address=is_address)
    if reason in _UNREACHED:
        where = f"{of}.source" if is_address else "hub.endpoint"
        return f"{_TRIED_AGAIN}; check {where}, and that pods of this namespace may go there"
    if reason in {"ModelNotFound", "UnexpectedResponse", "InsecureAddress"}:
        return f"check {of}.source" + ("" if is_address else " and hub.endpoint")
    if reason == "NoSpace":
        claim = (spec.cache or Cache()).claim_name
        return f"enlarge the claim {claim}" if claim else "raise cache.size"
    if reason in _NOT_WRITABLE:
        field = "claimName" if spec.cache and spec.cache.claim_name else "storageClassName"
        return f"name in cache.{field} a volume with file locks that group 10001 may write"
    is_refused = reason in REFUSALS
    return _of_refused(failure, of) if is_refused else _OTHER_FIELDS.get(reason, "").format(of=of)


def _of_refused(failure: JobFailure, of: str) -> str:
    named = set(re.findall(r"NEMO_VOICE_\w+", failure.message))
    fields = [field for name, field in _FIELDS_OF_SETTINGS.items() if name in named]
    other = f"name another model in {of}.source"
    if failure.reason == "InvalidModelReference":
        other = f"correct {of}.source"
    elif fields:
        other = f"correct {' or '.join(fields)}, or {other}"
    return f"{other}; {_NOT_TRIED_AGAIN}"


def _of_the_token(of: str, reason: str, hub: Hub, *, is_address: bool) -> str:
    if is_address:
        return f"check {of}.source: a signed address may have expired"
    token = hub.token_secret_ref
    held = (
        f"key {token.key} of Secret {token.name} (hub.tokenSecretRef) must hold"
        if token
        else "name in hub.tokenSecretRef a Secret with"
    )
    if reason == "HubForbidden":
        return f"accept the model's terms on its page; {held} a token of that account"
    return f"check {of}.source; if it is private, {held} a token that may read it"
