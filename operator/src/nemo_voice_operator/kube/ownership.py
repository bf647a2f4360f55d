"""Owner references, and whether an object with the name of an owned one is ours."""

from collections.abc import Sequence

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.kube.kinds import CLAIM, JOB, VOICE_SERVICE
from nemo_voice_operator.kube.labels import (
    CACHE,
    COMPONENT_LABEL,
    MANAGED_BY,
    MANAGER,
    SERVICE_LABEL,
)
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Object, owner_references_of


def owner_references(owners: Sequence[Object]) -> list[Manifest]:
    """Returns the references to the owners; one alone controls what it owns."""
    return [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            **({"controller": True} if len(owners) == 1 else {}),
        }
        for owner in sorted(owners, key=lambda owner: str(owner["metadata"]["uid"]))
    ]


def is_ours(thing: Object, service: VoiceService) -> bool:
    """Returns whether the operator made it, for this VoiceService or for all that share a Job.

    One that lost its owner, or was kept when its VoiceService went, is known by its labels or by
    who applied it.
    """
    if _foreign_controller(thing) is not None:
        return False
    mine = service.metadata.name
    owners = _voice_services(thing)
    labels = thing["metadata"].get("labels") or {}
    is_shared = thing["kind"] == JOB.name and labels.get(COMPONENT_LABEL) == CACHE
    if owners:
        # Another's may have the name: of two that are called a and a-headless, for example.
        return mine in owners or is_shared
    is_labelled = MANAGED_BY.items() <= labels.items()
    if is_labelled and (labels.get(SERVICE_LABEL) == mine or is_shared):
        return True
    writers = thing["metadata"].get("managedFields") or ()
    return any(one.get("manager") == MANAGER and one["operation"] == "Apply" for one in writers)


def why_not_ours(thing: Object) -> str:
    """Returns the message that an object of this name is somebody else's."""
    kind, name = thing["kind"], thing["metadata"]["name"]
    controller = _foreign_controller(thing)
    if controller is None and (others := _voice_services(thing)):
        return (
            f"{kind} {name} is VoiceService {min(others)}'s and was not touched: "
            "give one of the two VoiceServices another name"
        )
    whose = f"{controller['kind']} {controller['name']}'s" if controller else "somebody else's"
    way_out = "name it in cache.claimName, " if kind == CLAIM.name else ""
    return (
        f"{kind} {name} is {whose} and was not touched: {way_out}delete it, or give the "
        "VoiceService another name"
    )


def _foreign_controller(thing: Object) -> Object | None:
    owners = (one for one in owner_references_of(thing) if one.get("controller"))
    return next((one for one in owners if not _is_voice_service(one)), None)


def _voice_services(thing: Object) -> set[str]:
    """Returns the names of the VoiceServices that own it."""
    return {str(one["name"]) for one in owner_references_of(thing) if _is_voice_service(one)}


def _is_voice_service(owner: Object) -> bool:
    is_in_group = str(owner.get("apiVersion", "")).partition("/")[0] == VOICE_SERVICE.group
    return is_in_group and owner["kind"] == VOICE_SERVICE.name
