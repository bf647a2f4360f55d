"""What a VoiceService asks for."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import ObjectName, Part, SecretKeyName, cel, rules, shown
from nemo_voice_operator.api.grpc_port import SERVICE_RULE
from nemo_voice_operator.api.metadata import Labels, OwnAnnotations, PodAnnotations, PodLabels
from nemo_voice_operator.api.model_source import Cache, Checkpoint, Hub
from nemo_voice_operator.api.placement import Affinity, SpreadConstraints
from nemo_voice_operator.api.pod_parts import ExtraContainers, VolumeMounts, Volumes
from nemo_voice_operator.api.pods import (
    Engine,
    EnvVar,
    Gpu,
    ImageReference,
    PullSecrets,
    Resources,
    Toleration,
)
from nemo_voice_operator.api.route import ROUTE_RULES, Route
from nemo_voice_operator.api.scaling import Scaling
from nemo_voice_operator.api.speech import (
    SPEECH_RULES,
    Languages,
    SelfTest,
    Speakers,
    VoiceName,
)
from nemo_voice_operator.api.traffic import DisruptionBudget, Network, ServiceOptions, Tls


class Task(StrEnum):
    """Direction of speech."""

    TTS = "tts"
    STT = "stt"


class Warmup(Part):
    """How pods become ready."""

    texts: (
        Annotated[
            list[Annotated[str, Field(min_length=1, max_length=500)]],
            Field(min_length=1, max_length=16),
        ]
        | None
    ) = None
    """What a tts pod speaks before it is ready, besides its self-test. A pod that cannot speak one
    of them fails with a message that names it."""
    timeout_seconds: Annotated[int, Field(ge=30, le=86_400)] = 900
    """Seconds that a pod may take to load, warm up and pass its self-test before it is
    restarted."""


class KeysSecret(Part):
    """A Secret of the same namespace whose values are API keys, one a line."""

    name: ObjectName
    """The Secret."""
    key: SecretKeyName | None = None
    """The one key of it to read; absent: all."""


class Auth(Part):
    """Who may use the service."""

    keys_secret_ref: KeysSecret
    """The API keys. A change of the Secret reaches the pods without a rollout; a Secret that holds
    no key refuses everybody."""


class ConfigMapList(Part):
    """A ConfigMap of the same namespace whose values are lists of pronunciations."""

    name: ObjectName
    """The ConfigMap."""
    key: SecretKeyName | None = None
    """The one key of it to read; absent: all."""


class Pronunciations(Part):
    """How words are said, whatever the model's dictionary says."""

    config_map_ref: ConfigMapList
    """The lists: one entry a line, the word, two spaces, and how it is said. A change of the
    ConfigMap reaches the pods without a rollout; a list that cannot be used fails their start."""


class Rollout(Part):
    """How a change reaches the pods."""

    strategy: Literal["surge", "replace"] = "surge"
    """`surge` starts the new pod beside the old one; `replace` stops the old one first, for
    clusters without a spare GPU."""


class Monitoring(Part):
    """How Prometheus finds the pods."""

    service_monitor: Literal["auto", "never"] = "auto"
    """`auto` makes a ServiceMonitor where the cluster knows that kind."""


class Spec(Part):
    """What is wanted of the speech service."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel("self.task == 'tts' || !has(self.vocoder)", "only a tts service has a vocoder"),
            cel(
                "self.task == 'tts' || !has(self.warmup) || !has(self.warmup.texts)",
                "only a tts service speaks warm-up texts",
            ),
            cel(
                "self.task == 'tts' || !has(self.pronunciations)",
                "only a tts service has pronunciations",
            ),
            *SPEECH_RULES,
            SERVICE_RULE,
            *ROUTE_RULES,
            cel(
                "!has(self.resources) || "
                "!((has(self.resources.limits) && self.gpu.resourceName in self.resources.limits)"
                " || (has(self.resources.requests) && "
                "self.gpu.resourceName in self.resources.requests))",
                "say the number of GPUs in gpu.count, not in resources",
            ),
            cel(
                "!has(self.volumeMounts) || self.volumeMounts.all(mount, "
                "has(self.volumes) && self.volumes.exists(one, one.name == mount.name))",
                "every name in volumeMounts must be that of one of the volumes",
            ),
            cel(
                "!has(self.sidecars) || !has(self.initContainers) || self.sidecars.all(one, "
                "!self.initContainers.exists(other, other.name == one.name))",
                "a sidecar and an init container cannot have the same name",
            ),
        )
    )

    task: Annotated[
        Task,
        Field(
            json_schema_extra=rules(
                cel(
                    "self == oldSelf",
                    "task cannot change: delete the VoiceService and create another",
                )
            )
        ),
    ]
    """`tts` speaks, `stt` transcribes."""
    model: Checkpoint
    """The model that speaks or transcribes."""
    vocoder: Checkpoint | None = None
    """The vocoder of a tts model; absent: the demo's for `demo`, the one that NVIDIA published with
    a voice of that name, else `nvidia/tts_hifigan`."""
    hub: Hub | None = None
    """Where Hugging Face models come from, if from a mirror or a private repository."""
    image: ImageReference | None = None
    """Image of the pods; absent: the one of the operator's settings."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is pulled; absent: as the operator's settings say."""
    image_pull_secrets: PullSecrets | None = None
    """Secrets with which the image is pulled."""
    env: Annotated[list[EnvVar], Field(max_length=64)] | None = None
    """More environment variables of the serving container."""
    object_labels: PodLabels | None = None
    """Labels of every object that is made for the VoiceService, besides the operator's; not of its
    pods, so that no change of them restarts one."""
    object_annotations: OwnAnnotations | None = None
    """Annotations of every object that is made for the VoiceService; not of its pods."""
    pod_labels: PodLabels | None = None
    """Labels of all pods, those of the Jobs that download and check included, besides the
    operator's, which are all those under `app.kubernetes.io/` and `nemo-voice.dev/`."""
    pod_annotations: PodAnnotations | None = None
    """Annotations of all pods, those of the Jobs included."""
    volumes: Volumes | None = None
    """More volumes of all pods, those of the Jobs included."""
    volume_mounts: VolumeMounts | None = None
    """Where the operator's own container of each pod sees these volumes."""
    init_containers: ExtraContainers | None = None
    """Containers that run before ours, in every pod, those of the Jobs included."""
    sidecars: ExtraContainers | None = None
    """Containers that run beside ours, in every pod, those of the Jobs included. They start before
    ours and end after it, so that no Job waits for one."""
    service_account_name: ObjectName | None = None
    """Service account of the pods; its token is not mounted."""
    cache: Cache | None = None
    """Where models are kept; `demo` needs none."""
    gpu: Annotated[Gpu, Field(json_schema_extra=shown())] = Gpu()
    """Accelerators of one pod."""
    resources: Resources | None = None
    """CPU and memory of one serving pod."""
    job_resources: Resources | None = None
    """CPU and memory of the pods that download and check a model; absent: little, within the
    limits of `resources`, so that a quota which admits the serving pods admits these too."""
    node_selector: Labels | None = None
    """Labels that a node must have to run the pods."""
    tolerations: Annotated[list[Toleration], Field(max_length=32)] | None = None
    """Taints that the pods tolerate."""
    affinity: Affinity | None = None
    """Where the pods may run, as in a pod."""
    topology_spread_constraints: SpreadConstraints | None = None
    """How the pods are spread, as in a pod; absent: over different nodes where possible."""
    runtime_class_name: ObjectName | None = None
    """Runtime class of the pods, such as `nvidia`."""
    priority_class_name: ObjectName | None = None
    """Priority class of the pods: who is placed first, and evicted last."""
    engine: Engine = Engine()
    """How the model runs: number format, batches, queue."""
    replicas: Annotated[int, Field(ge=0, le=1000, json_schema_extra=shown())] = 1
    """Number of pods while `scaling` is absent; `kubectl scale` and an HPA write it."""
    scaling: Scaling | None = None
    """Lets the operator choose the number of pods by their load."""
    suspend: bool = False
    """Whether no pod should run; cache and status are kept."""
    warmup: Warmup = Warmup()
    """How pods become ready."""
    rollout: Rollout = Rollout()
    """How a change reaches the pods."""
    languages: Languages | None = None
    """What the model understands (stt), as ISO 639 codes: requests for others are refused. What it
    speaks (tts), one code. Absent: as the checkpoint, or its published name, says."""
    speakers: Speakers | None = None
    """Names for the voices of a tts model with several speakers, and the speaker's number of each,
    such as `helen: 92`; OpenAI's names can be among them. Absent: the model's own."""
    default_voice: VoiceName | None = None
    """The voice of requests that name none: one of `speakers`, or a speaker's number."""
    self_test: SelfTest | None = None
    """What the self-test says or hears; absent: what fits the model's languages."""
    pronunciations: Pronunciations | None = None
    """How words are said; only for a tts service."""
    auth: Auth | None = None
    """Who may use the service; absent: no API key is asked for."""
    tls: Tls | None = None
    """The certificate with which the pods serve TLS; absent: they serve without."""
    network_policy: Network = Network()
    """Who may call the pods, and whom they may call."""
    disruption_budget: DisruptionBudget = DisruptionBudget()
    """How many pods a node drain may take at once."""
    monitoring: Monitoring = Monitoring()
    """How Prometheus finds the pods."""
    service: ServiceOptions = ServiceOptions()
    """The Service in front of the pods."""
    route: Route | None = None
    """How Gateways reach the Service; absent: no Route is made."""

    @property
    def port(self) -> int:
        """The port of the Service and of the pods."""
        return self.service.port or container_port(self.task)


def container_port(task: Task) -> int:
    """Returns the port that the pods of a task listen on."""
    return 5000 if task is Task.TTS else 5001
