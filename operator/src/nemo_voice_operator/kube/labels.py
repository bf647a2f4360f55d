"""Labels and annotations by which objects are found again, and the operator's name in them."""

from nemo_voice_operator.api import GROUP

MANAGER = "nemo-voice-operator"
"""Field manager of everything that is applied, and the value of `managed-by`."""
SERVICE_LABEL = f"{GROUP}/voiceservice"
"""On every object that one VoiceService owns."""
COMPONENT_LABEL = "app.kubernetes.io/component"
CLAIM_LABEL = f"{GROUP}/claim"
"""On every pod that mounts a claim: how those of one claim find each other's node."""
RETAIN_ANNOTATION = f"{GROUP}/retain"
"""On a created claim, `true` or `false`: whether it outlives its VoiceService."""
MANAGED_BY = {"app.kubernetes.io/managed-by": MANAGER}
TEMPLATE_ANNOTATION = f"{GROUP}/template"
"""On a pod template, its digest, by which a template of an older spec is recognised."""
SERVING, HEADLESS, CACHE, PREFLIGHT = "serving", "headless", "cache", "preflight"
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
"""Set by Kubernetes on the pods of a Job."""
