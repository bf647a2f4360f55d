"""Placement of Jobs' pods: without a GPU, and yet on nodes where pods with one may run."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.pods import Toleration
from nemo_voice_operator.api.service_contract import STOPPED
from nemo_voice_operator.desired.pod import near_claim, plain, with_term
from nemo_voice_operator.kube.manifests import Json, Manifest

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_GPU_NODE_LABEL = "nvidia.com/gpu.present"
"""Set by NVIDIA's feature discovery on nodes with a GPU."""


def job_tolerations(service: VoiceService) -> Json:
    """Returns the pods' tolerations, and that of GPU nodes, which pods with a GPU are given.

    A volume binds where its first pod runs; the download, which asks for no GPU, is that pod.
    """
    tolerations, gpu = service.spec.tolerations or [], service.spec.gpu
    added = Toleration(key=gpu.resource_name, operator="Exists", effect="NoSchedule")
    return plain([*tolerations, added] if gpu.count else tolerations)


def job_affinity(service: VoiceService, *, near: str | None = None) -> Manifest:
    """Returns the pods' affinity, with a preference for GPU nodes where serving pods need one.

    Args:
        service: The VoiceService.
        near: The claim whose pods all have to be on one node.
    """
    affinity: Manifest = dict(service.spec.affinity or {})
    if service.spec.gpu.count:
        preference: Json = {
            "weight": 100,
            "preference": {"matchExpressions": [{"key": _GPU_NODE_LABEL, "operator": "Exists"}]},
        }
        affinity = with_term(affinity, "nodeAffinity", PREFERRED, preference)
    return near_claim(affinity, near) if near else affinity


def ignored_failures(container: str) -> list[Json]:
    """Returns the failures that do not count as a try: the pod was stopped from outside.

    After a node drain, say, the next pod continues where it was.
    """
    stopped: Manifest = {"containerName": container, "operator": "In", "values": [STOPPED]}
    drained: Manifest = {"type": "DisruptionTarget", "status": "True"}
    return [
        {"action": "Ignore", "onExitCodes": stopped},
        {"action": "Ignore", "onPodConditions": [drained]},
    ]
