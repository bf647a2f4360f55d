"""VoiceServices as a user sends them to an API server that has the definition."""

from collections.abc import Mapping
from typing import Any

import httpx

from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import VOICE_SERVICES

DEMO: Mapping[str, Any] = {"task": "stt", "model": {"source": "demo"}}
NVIDIA: Mapping[str, Any] = {"task": "tts", "model": {"source": "nvidia/tts_en_fastpitch"}}


def voice(spec: Mapping[str, Any], name: str = "narrator") -> dict[str, Any]:
    """Returns a VoiceService as a user writes it."""
    return {
        "apiVersion": "nemo-voice.dev/v1alpha1",
        "kind": "VoiceService",
        "metadata": {"name": name},
        "spec": dict(spec),
    }


def created(
    server: ApiServer, namespace: str, thing: Mapping[str, Any], **query: str
) -> httpx.Response:
    """Returns the response to the creation of a VoiceService."""
    path = VOICE_SERVICES.format(namespace=namespace)
    return server.http.post(path, json=thing, params={"fieldValidation": "Strict", **query})
