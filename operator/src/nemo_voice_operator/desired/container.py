"""The container that serves: what it runs, how long it may take to start, and how it ends."""

import math

from nemo_voice_operator.api import VoiceService, service_contract
from nemo_voice_operator.api.pod_parts import SERVE
from nemo_voice_operator.api.pods import Resources
from nemo_voice_operator.api.spec import container_port
from nemo_voice_operator.desired.environment import seconds_setting, serving_environment
from nemo_voice_operator.desired.grpc_port import grpc_container_ports
from nemo_voice_operator.desired.pod import confined_container, key_mounts, volume_mounts
from nemo_voice_operator.desired.pronunciations import pronunciation_mounts
from nemo_voice_operator.desired.self_test import self_test_mounts
from nemo_voice_operator.desired.tls import certificate_mounts, url_scheme
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan

_LISTENS_AFTER_S = 5
"""A service listens after one CPU second, long before it has started: see `_REQUESTS`."""
_STARTUP_TRIES = 4
_STARTUP_PERIOD_S = 10
"""The kubelet begins a try at the first multiple of this after `_LISTENS_AFTER_S`. A service that
does not listen by the fourth is restarted; on a try that waited, the next follows at once."""
_PROBE_TIMEOUT_S = 5
"""Responses come late while NeMo is imported and while every core computes."""
_RESTART_GRACE_S = 15
"""Of a container that never became ready: there is nothing to finish."""
_EXIT_S = 10
"""Seconds from the last response to the end of the process."""

_REQUESTS: Manifest = {"cpu": "300m", "memory": "2Gi"}
"""Requests of pods that name none: the demo models were measured at 1.6 GiB, and their start at 16
(stt) to 21 (tts) CPU seconds, so it takes a minute where others want every core. More CPU would
keep both demos, and the third pod that a change of one starts, off a node with two cores, of which
Kubernetes' own pods request one. Without a request, a pod is the first to be evicted, and one node
is given all of them."""


def serving_container(
    service: VoiceService, plan: Plan, settings: OperatorSettings, *, has_claim: bool
) -> Manifest:
    """Returns the container."""
    return {
        **confined_container(service, settings, SERVE),
        "args": list(service_contract.SERVE_ARGUMENTS),
        "env": serving_environment(service, plan),
        "ports": [
            {
                "name": service_contract.PORT_NAME,
                "containerPort": container_port(service.spec.task),
            },
            *grpc_container_ports(service),
        ],
        "resources": _resources(service),
        "volumeMounts": [
            *volume_mounts(service, writes_models=not has_claim),
            *key_mounts(service),
            *pronunciation_mounts(service),
            *self_test_mounts(service),
            *certificate_mounts(service),
        ],
        "startupProbe": _startup_probe(service),
        "livenessProbe": _liveness_probe(service),
        "readinessProbe": _readiness_probe(service),
    }


def grace_s(service: VoiceService) -> int:
    """Returns how long a pod may take to end, so that no admitted request is cut.

    It covers the delay in which the service still accepts: no hook before SIGTERM is needed.
    """
    drain_s = sum(
        seconds_setting(service, name, default_s, service_contract.DRAIN_RANGES_S[name])
        for name, default_s in service_contract.DRAIN_DEFAULTS_S.items()
    )
    return math.ceil(drain_s + _EXIT_S)


def _startup_probe(service: VoiceService) -> Manifest:
    """Waits for the self-test. A failed start ends the process itself, long before this does.

    The service responds when its start has ended, so a start that is quick enough leaves no Event
    of a failed probe. A few tries share the time: one that hangs is ended when it is over.
    """
    timeout_s = service.spec.warmup.timeout_seconds
    try_s = max(2, (timeout_s - _LISTENS_AFTER_S) // _STARTUP_TRIES)
    path = f"{service_contract.STARTUP_PATH}?{service_contract.STARTUP_WAIT}={try_s - 1}"
    return {
        **_http_get(service, path),
        "initialDelaySeconds": _LISTENS_AFTER_S,
        "periodSeconds": min(try_s, _STARTUP_PERIOD_S),
        "timeoutSeconds": try_s,
        "failureThreshold": _STARTUP_TRIES,
        "terminationGracePeriodSeconds": _RESTART_GRACE_S,
    }


def _liveness_probe(service: VoiceService) -> Manifest:
    """Restarts a process that hangs: it reports so itself, or has not responded for a minute.

    Patient, because under a full CPU a restart only makes others slower. It has no grace period of
    its own: the pod's lets a process that still works finish its requests.
    """
    return {
        **_http_get(service, service_contract.LIVE_PATH),
        "periodSeconds": 10,
        "failureThreshold": 6,
    }


def _readiness_probe(service: VoiceService) -> Manifest:
    """Takes a pod out of the Service within twelve seconds, but not for one late response."""
    return {
        **_http_get(service, service_contract.READY_PATH, service_contract.READINESS_TIMEOUT_S),
        "periodSeconds": service_contract.READINESS_PERIOD_S,
        "failureThreshold": service_contract.READINESS_FAILURES,
    }


def _http_get(service: VoiceService, path: str, timeout_s: int = _PROBE_TIMEOUT_S) -> Manifest:
    # The kubelet verifies no certificate.
    scheme = url_scheme(service).upper() if service.spec.tls else None
    return {
        "httpGet": {"path": path, "port": service_contract.PORT_NAME, "scheme": scheme},
        "timeoutSeconds": timeout_s,
    }


def _resources(service: VoiceService) -> Manifest:
    resources, gpu = service.spec.resources or Resources(), service.spec.gpu
    limits = {
        **(resources.limits or {}),
        **({gpu.resource_name: str(gpu.count)} if gpu.count else {}),
    }
    requests = resources.requests if resources.requests or resources.limits else _REQUESTS
    return {"requests": dict(requests) if requests else None, "limits": dict(limits) or None}
