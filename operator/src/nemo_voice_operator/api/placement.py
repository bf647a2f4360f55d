"""Where pods may run, and who may call them: parts that are passed on as they are.

These models tell the definition the fields that Kubernetes' own types have, so that a typo is
refused with its place. In Python they stay mappings, which reach the pod unchanged.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, JsonValue
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from nemo_voice_operator.api.base import (
    LABEL_VALUE,
    NAMED,
    ObjectName,
    Part,
    cel,
    most_chars,
    rules,
)
from nemo_voice_operator.api.metadata import LabelKey, Labels

_MOST_TERMS, _MOST_REQUIREMENTS, _MOST_VALUES = 16, 16, 64
_VALUES_RULE = cel(
    "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : "
    "self.operator in ['Gt', 'Lt'] ? has(self.values) && self.values.size() == 1 && "
    "self.values[0].matches('^-?[0-9]{1,18}$') : "
    "!has(self.values) || self.values.size() == 0",
    "In and NotIn take values, Gt and Lt one whole number, Exists and DoesNotExist none",
)
_LABEL_KEYS_RULE = cel(
    "!has(self.matchLabelKeys) || has(self.labelSelector)",
    "matchLabelKeys need a labelSelector",
)


class Shaped:
    """Gives a mapping the schema of a model, of which nothing else is used."""

    def __init__(self, model: type[BaseModel], name: str) -> None:
        """Takes the model, and the name of the type in the documentation."""
        self._model, self._name = model, name

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Returns the schema of the model; Pydantic calls this."""
        return {**handler(self._model.__pydantic_core_schema__), NAMED: self._name}


# A pattern, though its message is no sentence: rules of so many values would cost too much.
_Value = Annotated[
    str, Field(json_schema_extra=most_chars(63) | {"pattern": f"^(-[0-9]+|{LABEL_VALUE})$"})
]
_Values = Annotated[list[_Value], Field(max_length=_MOST_VALUES)]


class LabelRequirement(Part):
    """What a label of an object must be."""

    model_config = ConfigDict(json_schema_extra=rules(_VALUES_RULE))

    key: LabelKey
    """The label's key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How its value is compared."""
    values: _Values | None = None
    """Values for `In` and `NotIn`."""


class LabelSelector(Part):
    """Chooses objects by their labels; an empty one chooses all."""

    match_labels: Labels | None = None
    """Labels that an object has with these values."""
    match_expressions: (
        Annotated[list[LabelRequirement], Field(max_length=_MOST_REQUIREMENTS)] | None
    ) = None
    """What else is asked of its labels."""


class NodeRequirement(Part):
    """What a label of a node must be."""

    model_config = ConfigDict(json_schema_extra=rules(_VALUES_RULE))

    key: LabelKey
    """The label's key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """How its value is compared."""
    values: _Values | None = None
    """Values to compare with; for `Gt` and `Lt` one whole number."""


class NodeNameRequirement(Part):
    """What the name of a node must be."""

    key: Literal["metadata.name"]
    """The field: a node's name."""
    operator: Literal["In", "NotIn"]
    """Whether it must be the value, or another one."""
    values: Annotated[list[ObjectName], Field(min_length=1, max_length=1)]
    """The one name."""


class NodeTerm(Part):
    """A node that meets every requirement."""

    match_expressions: (
        Annotated[list[NodeRequirement], Field(max_length=_MOST_REQUIREMENTS)] | None
    ) = None
    """Requirements of labels."""
    match_fields: (
        Annotated[list[NodeNameRequirement], Field(max_length=_MOST_REQUIREMENTS)] | None
    ) = None
    """Requirements of the name."""


class NodeTerms(Part):
    """A node that one of the terms describes."""

    node_selector_terms: Annotated[list[NodeTerm], Field(min_length=1, max_length=_MOST_TERMS)]
    """The terms."""


Weight = Annotated[int, Field(ge=1, le=100)]


class PreferredNodeTerm(Part):
    """A preference for nodes."""

    weight: Weight
    """How much it counts, 1 to 100."""
    preference: NodeTerm
    """The preferred nodes."""


class NodeAffinity(Part):
    """The nodes on which pods may run."""

    required_during_scheduling_ignored_during_execution: NodeTerms | None = None
    """Nodes of which one must be found."""
    preferred_during_scheduling_ignored_during_execution: (
        Annotated[list[PreferredNodeTerm], Field(max_length=_MOST_TERMS)] | None
    ) = None
    """Nodes that are better."""


_LabelKeys = Annotated[list[LabelKey], Field(max_length=_MOST_VALUES)]


class PodTerm(Part):
    """Pods near or far from which a pod is placed."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            _LABEL_KEYS_RULE,
            cel(
                "!has(self.mismatchLabelKeys) || has(self.labelSelector)",
                "mismatchLabelKeys need a labelSelector",
            ),
        )
    )

    label_selector: LabelSelector | None = None
    """Chooses the pods by their labels."""
    namespace_selector: LabelSelector | None = None
    """Chooses the pods' namespaces by their labels."""
    namespaces: Annotated[list[ObjectName], Field(max_length=_MOST_VALUES)] | None = None
    """Names of the pods' namespaces."""
    topology_key: LabelKey
    """Label of nodes: those with the same value are near each other."""
    match_label_keys: _LabelKeys | None = None
    """Labels that the pods have in common with the one to be placed."""
    mismatch_label_keys: _LabelKeys | None = None
    """Labels in which the pods differ from the one to be placed."""


class WeightedPodTerm(Part):
    """A preference for or against being near pods."""

    weight: Weight
    """How much it counts, 1 to 100."""
    pod_affinity_term: PodTerm
    """The pods."""


class PodAffinity(Part):
    """The pods near or far from which pods are placed."""

    required_during_scheduling_ignored_during_execution: (
        Annotated[list[PodTerm], Field(max_length=_MOST_TERMS)] | None
    ) = None
    """What must be so."""
    preferred_during_scheduling_ignored_during_execution: (
        Annotated[list[WeightedPodTerm], Field(max_length=_MOST_TERMS)] | None
    ) = None
    """What is better."""


class AffinityFields(Part):
    """Where pods may run, as in a pod."""

    node_affinity: NodeAffinity | None = None
    """By nodes."""
    pod_affinity: PodAffinity | None = None
    """Near other pods."""
    pod_anti_affinity: PodAffinity | None = None
    """Far from other pods."""


class SpreadFields(Part):
    """How pods are spread over nodes, as in a pod."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            _LABEL_KEYS_RULE,
            cel(
                "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
                "minDomains need whenUnsatisfiable: DoNotSchedule",
            ),
        )
    )

    max_skew: Annotated[int, Field(ge=1, le=1000)]
    """How many more pods one place may have than another."""
    topology_key: LabelKey
    """Label of nodes: those with the same value are one place."""
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"]
    """What happens to a pod that would break it."""
    label_selector: LabelSelector | None = None
    """Chooses the pods that are counted."""
    match_label_keys: _LabelKeys | None = None
    """Labels that the counted pods have in common with the one to be placed."""
    min_domains: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Fewest places; with `DoNotSchedule` only."""
    node_affinity_policy: Literal["Honor", "Ignore"] | None = None
    """Whether nodes that the pod's affinity excludes are places."""
    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    """Whether nodes with taints that the pod does not tolerate are places."""


Cidr = Annotated[
    str,
    Field(
        max_length=64,
        json_schema_extra=rules(
            cel(
                "self.matches('^[0-9a-fA-F:.]+/[0-9]{1,3}$')",
                "addresses are written like 10.0.0.0/8 or fd00::/8",
            )
        ),
    ),
]


class IpBlockFields(Part):
    """Addresses outside the cluster."""

    cidr: Cidr
    """The addresses, like `10.0.0.0/8` or `fd00::/8`."""
    except_: Annotated[list[Cidr], Field(max_length=64)] | None = Field(
        default=None, alias="except"
    )
    """Addresses among them that are left out."""


_Mapping = dict[str, JsonValue]
SpreadConstraints = Annotated[
    list[Annotated[_Mapping, Shaped(SpreadFields, "topology spread constraint of a pod")]],
    Field(
        max_length=16,
        json_schema_extra=rules(
            cel(
                "self.all(one, self.exists_one(other, other.topologyKey == one.topologyKey && "
                "other.whenUnsatisfiable == one.whenUnsatisfiable))",
                "topologySpreadConstraints has each pair of topologyKey and whenUnsatisfiable once",
            )
        ),
    ),
]
Affinity = Annotated[_Mapping, Shaped(AffinityFields, "affinity of a pod")]
Selector = Annotated[_Mapping, Shaped(LabelSelector, "label selector")]
IpBlock = Annotated[_Mapping, Shaped(IpBlockFields, "IP block of a NetworkPolicy")]
