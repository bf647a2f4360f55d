"""The CustomResourceDefinition on a real API server."""

import httpx

from nemo_voice_operator.crd import crd
from support.kubernetes.api_server import ApiServer
from support.waiting import until

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
VOICE_SERVICES = "/apis/nemo-voice.dev/v1alpha1/namespaces/{namespace}/voiceservices"


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
    collection = VOICE_SERVICES.format(namespace="default")
    until("VoiceServices", lambda: server.http.get(collection).is_success, 30)
