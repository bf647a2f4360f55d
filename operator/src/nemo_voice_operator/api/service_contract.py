"""What the services and the operator agree on.

Neither imports the other: a contract test holds these to the services' code and their images.
"""

from nemo_voice_operator.api.spec import Task

USER = 10001
"""User and group of the images."""
MODEL_CACHE = "/var/cache/nemo-voice"
"""Where the images read models."""
API_KEYS = "/etc/nemo-voice/keys"
"""Where a pod sees the Secret with the API keys."""
CA_BUNDLE_FILE = "/etc/nemo-voice/ca/ca.crt"
"""Where a download sees the certificate authorities of `hub.caBundle`."""
PRONUNCIATIONS_FOLDER = "/etc/nemo-voice/pronunciations"
"""Where a pod sees the ConfigMap with the lists of pronunciations."""
TLS_FOLDER = "/etc/nemo-voice/tls"
"""Where a pod sees the Secret with the certificate of TLS."""
TLS_FILES = {
    "NEMO_VOICE_TLS__CERTIFICATE_FILE": f"{TLS_FOLDER}/tls.crt",
    "NEMO_VOICE_TLS__KEY_FILE": f"{TLS_FOLDER}/tls.key",
}
"""Settings of TLS, and the files in that folder, named by the Secret's type."""
SELF_TEST_CLIP = "/etc/nemo-voice/self-test/clip"
"""Where a pod sees the recording of its self-test."""
PORT_NAME = "http"
GRPC_PORT_NAME = "grpc"
LIVE_PATH = "/v1/health/live"
READY_PATH = "/v1/health/ready"
STARTUP_PATH = "/v1/health/startup"
STARTUP_WAIT = "wait_s"
"""Its parameter: the longest time that it may wait for the start to end before it responds."""
METRICS_PATH = "/metrics"

SERVE_ARGUMENTS = ("serve",)
HOST = "NEMO_VOICE_HOST"
EVERY_ADDRESS = "::"
"""The host that means every address of the pod, of both families."""
PROGRESS_PORT = 8082
"""Port on which a download reports its progress."""
RESULT_PATH = "/dev/termination-log"
"""What is written here becomes the container's termination message."""
FETCH_ARGUMENTS = ("fetch", "--result", RESULT_PATH, "--progress-port", str(PROGRESS_PORT))
CHECK_ARGUMENTS = ("check", "--result", RESULT_PATH)
STOPPED = 128 + 15
"""Exit status of a `fetch` or a `check` that SIGTERM ended."""
REFUSED = 3
"""Exit status of a `fetch` whose checkpoint would be refused again."""
REFUSALS = frozenset(
    {"InvalidModelReference", "UnsupportedModel", "UnsafeConfig", "UnsafeArchive", "UnsafePickle"}
)
"""The reasons for that."""

DRAIN_DELAY = "NEMO_VOICE_DRAIN__DELAY_S"
DRAIN_TIMEOUT = "NEMO_VOICE_DRAIN__TIMEOUT_S"
READINESS_PERIOD_S, READINESS_FAILURES, READINESS_TIMEOUT_S = 3, 3, 3
"""How often a pod is asked whether it is ready, how many bad answers take it out of the Service,
and when an answer is too late."""
UNREADY_AFTER_S = READINESS_PERIOD_S * READINESS_FAILURES + READINESS_TIMEOUT_S
"""The kubelet takes at most so long to notice that a pod is not ready."""
FORGOTTEN_AFTER_S = 3
"""Every node takes so long to stop sending connections to a pod after that: the pod's status, the
EndpointSlice, and kube-proxy, which rewrites its rules once a second."""
DRAIN_DEFAULTS_S = {DRAIN_DELAY: float(UNREADY_AFTER_S + FORGOTTEN_AFTER_S), DRAIN_TIMEOUT: 50.0}
"""Seconds that a service in a pod takes to end where the VoiceService's `env` sets nothing else.

A container that is stopped by itself, such as by its liveness probe, stays an endpoint until it is
found unready: the delay covers that. The timeout is the service's own default."""
DRAIN_RANGES_S = {DRAIN_DELAY: (0.0, 300.0), DRAIN_TIMEOUT: (1.0, 3600.0)}
"""Fewest and most seconds that a service accepts: it does not start with others."""

ENGINE_VARIABLES = {
    "precision": "NEMO_VOICE_PRECISION",
    "max_batch": "NEMO_VOICE_BATCHING__MAX_ITEMS",
    "max_wait_ms": "NEMO_VOICE_BATCHING__MAX_WAIT_MS",
    "threads": "NEMO_VOICE_THREADS",
    "memory_fraction": "NEMO_VOICE_MEMORY_FRACTION",
    "tf32": "NEMO_VOICE_TF32",
}
"""Fields of `engine` and their settings, the same for both tasks."""
LANGUAGE_VARIABLES = {Task.TTS: "NEMO_VOICE_LANGUAGE", Task.STT: "NEMO_VOICE_LANGUAGES"}
"""`languages`, of which a voice has one; codes are separated by commas."""
QUEUE_VARIABLES = {
    Task.TTS: "NEMO_VOICE_MAX_QUEUE_CHARS",
    Task.STT: "NEMO_VOICE_MAX_QUEUE_AUDIO_S",
}
"""`engine.maxQueue`, which each task counts in its own work."""
