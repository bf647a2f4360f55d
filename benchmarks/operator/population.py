"""The VoiceServices of the operator's benchmark: the same ones on every run."""

from collections.abc import Iterator
from typing import Any

from nemo_voice_operator.kube.kinds import (
    CLAIM,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    NETWORK_POLICY,
    SERVICE,
    VOICE_SERVICE,
    Kind,
)

NAMESPACES = tuple(f"speech-{number}" for number in range(10))
NODES = 10
CLAIM_SIZE = "20Gi"
"""The operator's default requests, for a VoiceService that names none."""
_ALWAYS = (DEPLOYMENT, SERVICE, DISRUPTION_BUDGET, NETWORK_POLICY)
_MODELS = {"tts": "nvidia/tts_en_fastpitch", "stt": "nvidia/stt_en_fastconformer_transducer_large"}


def voice_services(count: int) -> list[dict[str, Any]]:
    """Returns VoiceServices: half of each task, four of five with demo models, without a cache."""
    return [_voice_service(number) for number in range(count)]


def is_cached(voice_service: dict[str, Any]) -> bool:
    """Returns whether its models have to be downloaded into a claim by a Job."""
    return bool(voice_service["spec"]["model"]["source"] != "demo")


def place_of(thing: dict[str, Any]) -> tuple[str, str]:
    """Returns an object's namespace and name."""
    return thing["metadata"]["namespace"], thing["metadata"]["name"]


def children_of(services: list[dict[str, Any]]) -> dict[Kind, set[tuple[str, str]]]:
    """Returns what has to be there once all of them are applied, downloads aside: they come and go.

    The Deployment of one with a cache comes after its download.
    """
    owned = {kind: {place_of(one) for one in services} for kind in _ALWAYS}
    cached = [place_of(one) for one in services if is_cached(one)]
    return {**owned, CLAIM: {(namespace, f"{name}-models") for namespace, name in cached}}


def volumes(count: int) -> Iterator[dict[str, Any]]:
    """Yields volumes for so many claims; nothing ever mounts them."""
    for number in range(count):
        yield {
            "metadata": {"name": f"volume-{number:04d}"},
            "spec": {
                "capacity": {"storage": CLAIM_SIZE},
                "accessModes": ["ReadWriteOnce"],
                "hostPath": {"path": "/nowhere"},
            },
        }


def nodes() -> Iterator[dict[str, Any]]:
    """Yields nodes with room for everything, whose pods have addresses of the loopback."""
    room = {"cpu": "4k", "memory": "4Ti", "pods": "4k", "nvidia.com/gpu": "1k"}
    for number in range(NODES):
        yield {
            "metadata": {
                "name": f"node-{number}",
                "labels": {"kubernetes.io/hostname": f"node-{number}"},
            },
            "spec": {"podCIDR": f"127.{64 + number}.0.0/16"},
            "status": {"allocatable": room, "capacity": room},
        }


def _voice_service(number: int) -> dict[str, Any]:
    task = ("tts", "stt")[number % 2]
    is_demo = number % 10 < 8
    model = {"source": "demo" if is_demo else _MODELS[task]}
    return {
        "apiVersion": VOICE_SERVICE.api_version,
        "kind": VOICE_SERVICE.name,
        "metadata": {
            "name": f"voice-{number:04d}",
            "namespace": NAMESPACES[number // 10 % len(NAMESPACES)],
        },
        "spec": {"task": task, "model": model, "gpu": {"count": 0 if is_demo else 1}},
    }
