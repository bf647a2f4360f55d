"""The certificate of the pods: its volume, and what follows from it for those who call them."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.pod_parts import CERTIFICATE
from nemo_voice_operator.api.service_contract import TLS_FOLDER
from nemo_voice_operator.desired.pod import READABLE_BY_GROUP
from nemo_voice_operator.kube.manifests import Json

_OVER_TLS = {"http": "https", "kubernetes.io/ws": "kubernetes.io/wss"}


def certificate_volumes(service: VoiceService) -> list[Json]:
    """Returns the volume with the certificate, if the VoiceService names a Secret."""
    if service.spec.tls is None:
        return []
    name = service.spec.tls.secret_name
    secret: Json = {"secretName": name, "defaultMode": READABLE_BY_GROUP}
    return [{"name": CERTIFICATE, "secret": secret}]


def certificate_mounts(service: VoiceService) -> list[Json]:
    """Returns where the serving container sees it.

    As a whole folder: the kubelet never updates a mount with a `subPath`.
    """
    if service.spec.tls is None:
        return []
    return [{"name": CERTIFICATE, "mountPath": TLS_FOLDER, "readOnly": True}]


def url_scheme(service: VoiceService) -> str:
    """Returns the scheme of the addresses of the pods and of their Service."""
    return "https" if service.spec.tls else "http"


def http_protocol(service: VoiceService) -> str:
    """Returns the application protocol of a Service's port of HTTP."""
    plain = service.spec.service.app_protocol
    return _OVER_TLS[plain] if service.spec.tls else plain


def grpc_protocol(service: VoiceService) -> str:
    """Returns the application protocol of a Service's port of gRPC."""
    return "https" if service.spec.tls else "kubernetes.io/h2c"
