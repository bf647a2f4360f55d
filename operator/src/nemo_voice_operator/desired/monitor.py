"""How Prometheus' operator finds the pods."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.service_contract import METRICS_PATH, PORT_NAME
from nemo_voice_operator.desired.names import labels_of, metadata_of, selector_of
from nemo_voice_operator.desired.tls import url_scheme
from nemo_voice_operator.kube.kinds import SERVICE_MONITOR
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan


def serving_monitor(
    service: VoiceService, plan: Plan, settings: OperatorSettings
) -> Manifest | None:
    """Returns the ServiceMonitor; None where it is not wanted or the cluster does not know one."""
    is_wanted = service.spec.monitoring.service_monitor == "auto"
    if not (is_wanted and plan.capabilities.knows(SERVICE_MONITOR)):
        return None
    metadata = metadata_of(service)
    pairs = (one.partition("=") for one in settings.monitor_labels)
    labels = {name: value for name, _, value in pairs}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {
            **metadata,
            "labels": {**labels, **(service.spec.object_labels or {}), **labels_of(service)},
        },
        "spec": {
            # The Service has the same two labels as the pods that it selects.
            "selector": {"matchLabels": dict(selector_of(service))},
            "endpoints": [{"port": PORT_NAME, "path": METRICS_PATH, **_tls(service)}],
        },
    }


def _tls(service: VoiceService) -> Manifest:
    """Returns how Prometheus speaks TLS to pods, whose addresses no certificate has."""
    if service.spec.tls is None:
        return {}
    return {"scheme": url_scheme(service), "tlsConfig": {"insecureSkipVerify": True}}
