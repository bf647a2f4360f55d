"""The chart's values: the one source of its values.yaml, its schema and its table.

`files.py` makes those three; the operator's own numbers are taken from its settings.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from nemo_voice_operator.api.base import AnyObject
from nemo_voice_operator.api.pods import EnvVar, LocalReference, Resources, Toleration
from nemo_voice_operator.settings import OperatorSettings

SETTINGS = OperatorSettings.model_construct()
"""The operator's defaults."""
_REGISTRY, _, _TTS_IMAGE = SETTINGS.image_tts.partition(":")[0].rpartition("/")
_STT_IMAGE = SETTINGS.image_stt.partition(":")[0].rpartition("/")[2]

Name = Annotated[str, Field(max_length=40, pattern=r"^([a-z]([-a-z0-9]*[a-z0-9])?)?$")]
ObjectName = Annotated[str, Field(max_length=253, pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$")]
Namespace = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
Labels = Annotated[dict[str, str], Field()]


class Values(BaseModel):
    """A closed group of values."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )


class Image(Values):
    """Where one image is."""

    registry: str = ""
    """Registry of this image; empty: `images.registry`."""
    repository: Annotated[str, Field(min_length=1)]
    """Its name there."""
    tag: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$")] = ""
    """Its tag; empty: `images.tag`."""
    digest: Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$")] = ""
    """Its digest, such as `sha256:…`; it goes before every tag."""


class Images(Values):
    """The three images, and where they come from."""

    registry: Annotated[str, Field(pattern=r"^[^/\s]\S*[^/\s]$")] = _REGISTRY
    """Registry of all images, with its path: your mirror, for example."""
    tag: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$")] = ""
    """Tag of all images; empty: the chart's `appVersion`."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = SETTINGS.image_pull_policy
    """When nodes pull: the operator, and pods of VoiceServices that say nothing."""
    pull_secrets: list[LocalReference] = []
    """Secrets for the registry, such as `{name: mirror}`, in the release's namespace. The
    operator's pods and the `voiceServices` below get them; any other VoiceService names its own in
    `imagePullSecrets`."""
    operator: Image = Image(repository="nemo-voice-operator")
    """The operator."""
    tts: Image = Image(repository=_TTS_IMAGE)
    """Pods of VoiceServices that speak and name no image."""
    stt: Image = Image(repository=_STT_IMAGE)
    """Pods of VoiceServices that transcribe and name no image."""


class Crds(Values):
    """The definition of VoiceServices, which Helm installs once and never upgrades."""

    apply: Literal["upgrade", "always", "never"] = "upgrade"
    """When a hook's Job applies this version's definition: before an `upgrade`; `always`, before an
    installation too, for clusters where an older release left one; `never`, where somebody else
    owns definitions."""


class Rbac(Values):
    """Roles."""

    create: bool = True
    """Whether to make the operator's roles and bindings; without, somebody else has to."""
    aggregate: bool = True
    """Whether the cluster's roles `view`, `edit` and `admin` are to include VoiceServices."""
    leases: bool = True
    """Whether to make a cluster role by which the operator reads the Leases of other operators;
    without, what another operator has claimed is left alone even when that one is gone."""


class ServiceAccount(Values):
    """The operator's service account."""

    create: bool = True
    """Whether to make it."""
    name: ObjectName = ""
    """Its name; empty: the release's own, or `default` where none is made."""
    annotations: Labels = {}
    """Its annotations."""


class Logging(Values):
    """The operator's log, on the standard error."""

    level: Literal["debug", "info", "warning", "error"] = SETTINGS.log_level
    """Least severe level that is logged."""
    style: Literal["json", "text"] = SETTINGS.log_style
    """JSON lines or readable text."""


class DisruptionBudget(Values):
    """How many operator pods a drain may take at once."""

    enabled: bool = True
    """Whether there is a PodDisruptionBudget."""
    max_unavailable: Annotated[int, Field(ge=1)] = 1
    """Pods that may be gone; at least 1, so that a drain never waits for ever."""


class NetworkPolicy(Values):
    """Who may call the operator's pods."""

    enabled: bool = True
    """Whether only Prometheus' namespace may, and only for metrics. What the operator calls stays
    open: where the API server is differs from cluster to cluster."""


class Operator(Values):
    """The operator."""

    enabled: bool = True
    """Whether there is one. Without it a release brings only its `voiceServices`, for an operator
    of another release."""
    replicas: Annotated[int, Field(ge=1, le=9)] = 1
    """Pods. One leads, the others wait to take over."""
    watch_namespaces: Annotated[
        list[Namespace], Field(json_schema_extra={"uniqueItems": True})
    ] = []
    """Namespaces that are managed, each with a role in it; empty: the whole cluster, with a cluster
    role. They must exist."""
    workers: Annotated[int, Field(ge=1, le=64)] = SETTINGS.workers
    """VoiceServices that are reconciled at the same time."""
    resync_seconds: Annotated[float, Field(ge=10, le=86_400)] = SETTINGS.resync_s
    """Seconds after which every VoiceService is reconciled without an event."""
    scaling_interval_seconds: Annotated[float, Field(ge=1, le=3600)] = SETTINGS.scaling_interval_s
    """Seconds between two readings of the pods' load."""
    lease_seconds: Annotated[float, Field(ge=5, le=3600)] = SETTINGS.lease_s
    """Seconds without a renewal of the Lease after which another replica leads."""
    cache_size: Annotated[str, Field(pattern=r"^[1-9][0-9]*(\.[0-9]+)?([KMGTP]i?)?$")] = (
        SETTINGS.cache_size
    )
    """Size of the claim that is made for a VoiceService that names none."""
    fixed_user: bool = SETTINGS.fixed_user
    """Whether all pods, those of VoiceServices and of the chart, run as user and group 10001;
    false: the cluster chooses, as OpenShift's `restricted-v2` demands."""
    logging: Logging = Logging()
    """The log, on the standard error."""
    resources: Resources = Resources(
        requests={"cpu": "50m", "memory": "128Mi"}, limits={"memory": "512Mi"}
    )
    """CPU and memory of a pod, and of the Job that applies the definition."""
    node_selector: Labels = {}
    """Nodes by their labels, for all pods of the chart itself."""
    tolerations: list[Toleration] = []
    """Taints that all pods of the chart itself tolerate."""
    affinity: AnyObject = {}
    """As in a pod."""
    topology_spread_constraints: list[AnyObject] = []
    """As in a pod; empty: over nodes where possible."""
    priority_class_name: ObjectName = ""
    """As in a pod."""
    pod_labels: Labels = {}
    """More labels of the operator's pods."""
    pod_annotations: Labels = {}
    """Annotations of the operator's pods."""
    env: list[EnvVar] = []
    """More environment variables; not the operator's own settings, which other values are."""
    pod_disruption_budget: DisruptionBudget = DisruptionBudget()
    """How many operator pods a drain may take at once."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """Who may call the operator's pods."""


class MetricsService(Values):
    """The Service in front of the operator's metrics."""

    enabled: bool = True
    """Whether there is one."""
    annotations: Labels = {}
    """Its annotations, for a Prometheus that goes by them."""


class ServiceMonitor(Values):
    """How a Prometheus operator finds the operator's metrics."""

    enabled: bool = False
    """Whether there is a ServiceMonitor; the cluster must know that kind, and the metrics' Service
    be enabled."""
    labels: Labels = {}
    """Labels by which your Prometheus chooses monitors; those of VoiceServices get them too,
    whatever `enabled` says."""
    interval: Annotated[str, Field(pattern=r"^([1-9][0-9]*(ms|s|m|h))?$")] = ""
    """Time between two readings, such as `30s`; empty: Prometheus' own."""


class Rules(Values):
    """Recording rules and alerts for a Prometheus operator."""

    enabled: bool = False
    """Whether there is a PrometheusRule; the cluster must know that kind. Once in a cluster is
    enough: the rules are about every namespace."""
    labels: Labels = {}
    """Labels by which your Prometheus chooses rules."""


class Dashboards(Values):
    """Dashboards for the sidecar by which Grafana finds them."""

    enabled: bool = False
    """Whether there is a ConfigMap of each."""
    labels: Labels = {"grafana_dashboard": "1"}
    """Labels by which the sidecar finds them."""
    annotations: Labels = {}
    """Their annotations; the sidecar's name of a folder, for example."""


class Monitoring(Values):
    """What watches the operator and the services."""

    namespace: Namespace = SETTINGS.monitoring_namespace
    """Where Prometheus is: its pods may read metrics through the network policies."""
    metrics_service: MetricsService = MetricsService()
    """The Service in front of the operator's metrics."""
    service_monitor: ServiceMonitor = ServiceMonitor()
    """How a Prometheus operator finds the operator's metrics."""
    rules: Rules = Rules()
    """Recording rules and alerts for a Prometheus operator."""
    dashboards: Dashboards = Dashboards()
    """Dashboards for the sidecar by which Grafana finds them."""


class Test(Values):
    """The test of a release."""

    enabled: bool = True
    """Whether there is a test, where both are there."""
    text: Annotated[str, Field(min_length=1, max_length=500)] = (
        "Good morning. This is a test of the speech service."
    )
    """The sentence; a language that both models know."""
    timeout_seconds: Annotated[int, Field(ge=10, le=86_400)] = 600
    """How long both may take to be ready. `helm test` has a `--timeout` of its own."""


class ChartValues(Values):
    """Every value of the chart."""

    name_override: Name = ""
    """Stands for `nemo-voice` in names and labels."""
    fullname_override: Name = ""
    """Stands for the whole of the names, which are else made of the release's and the chart's."""
    common_labels: Labels = {}
    """Labels of every object of the chart."""
    images: Images = Images()
    """Images. A pod's image is `<registry>/<repository>:<tag>`, or `…@<digest>`."""
    crds: Crds = Crds()
    """The definition of VoiceServices. Helm installs it with the first release and leaves it at
    every uninstallation."""
    rbac: Rbac = Rbac()
    """Roles. What the operator may do is in docs/operator.md."""
    service_account: ServiceAccount = ServiceAccount()
    """The operator's service account."""
    operator: Operator = Operator()
    """The operator. Its pods are always without root, capabilities or a writable root file
    system."""
    monitoring: Monitoring = Monitoring()
    """What watches the operator and the services."""
    voice_services: Annotated[
        dict[str, Any],
        Field(
            examples=[
                {
                    "narrator": {"task": "tts", "model": {"source": "demo"}, "gpu": {"count": 0}},
                    "listener": {"task": "stt", "model": {"source": "demo"}, "gpu": {"count": 0}},
                }
            ]
        ),
    ] = {}
    """VoiceServices of this release, by name: their spec as in docs/voiceservice.md, and `labels`
    and `annotations` of the object. They are made in the release's namespace and deleted with it;
    null leaves out one that another file of values has."""
    test: Test = Test()
    """`helm test`: the first `tts` of `voiceServices` speaks a sentence, the first `stt`
    transcribes it; of those that run and require no key."""
