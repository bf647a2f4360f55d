"""The CustomResourceDefinition on a real API server."""

import time

import httpx

from nemo_voice_operator.crd import crd
from nemo_voice_operator.manifests import name_of
from support.api_server import ApiServer

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
VOICE_SERVICES = "/apis/nemo-voice.dev/v1alpha1/namespaces/{namespace}/voiceservices"
_PATIENCE_S = 30


def define_voice_services(server: ApiServer) -> None:
    """Makes the API server know VoiceServices, and returns when it serves them.

    Raises:
        TimeoutError: It never does.
    """
    definition = crd()
    try:
        server.send("POST", DEFINITIONS, definition)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise
    deadline_s = time.monotonic() + _PATIENCE_S
    collection = VOICE_SERVICES.format(namespace="default")
    while not server.http.get(collection).is_success:
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{name_of(definition)} is not served after {_PATIENCE_S} s")
        time.sleep(0.1)
