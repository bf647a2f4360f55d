"""Mutations of VoiceServices along the schema of the definition, the same for a seed."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nemo_voice_operator.api import KIND
from nemo_voice_operator.crd import crd
from support.operator.voice_services import SAMPLES, objects_of

Path = tuple[str | int, ...]
_ABSENT = object()
_MOST_DEPTH = 40

TEXTS = (
    "",
    " ",
    "a",
    "a b",
    " a",
    "A",
    "a.b",
    "a..b",
    "-",
    "demo",
    "true",
    "null",
    "1",
    "-1",
    "0x10",
    "1e300",
    "NaN",
    "500m",
    "4Gi",
    "4GB",
    "-1Gi",
    "lots",
    "1.5",
    "9" * 40,
    "$(HOME) $$ `id`",
    "{{ .Values }}",
    "a: b\n- c",
    '"\\',
    "file:///../../etc/x.nemo",
    "https://example.org/x.nemo",
    "nvidia/a",
    "10.0.0.0/8",
    "::/0",
    "300.0.0.0/99",
    "kubernetes.io/hostname",
    "é",
    "\U0001f600",
    "\U0001fffe\U0010ffff",
    "\0",
    "\x07\x1b",
    "\x7f\x80",
    "\x85\u2028\u2029\ufeff\ufffe\uffff",
    "\u202eabc",
    "\ud83d",
    "a" * 63,
    "a" * 64,
    "a" * 253,
    "a" * 254,
    "é" * 4096,
    "x" * 100_000,
)
NUMBERS = (
    0,
    1,
    -1,
    0.5,
    -0.0,
    1e-320,
    2**31 - 1,
    2**31,
    2**53,
    2**63 - 1,
    2**63,
    10**30,
    1e300,
    -1e300,
)


_SELECTOR = {
    "matchLabels": {"a": "b"},
    "matchExpressions": [{"key": "c", "operator": "In", "values": ["d"]}],
}
_NODES = {
    "matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}],
    "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}],
}
_PODS = {
    "topologyKey": "zone",
    "labelSelector": _SELECTOR,
    "namespaceSelector": _SELECTOR,
    "namespaces": ["speech"],
    "matchLabelKeys": ["pod-template-hash"],
    "mismatchLabelKeys": ["tenant"],
}
_POD_AFFINITY = {
    "requiredDuringSchedulingIgnoredDuringExecution": [_PODS],
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": _PODS}],
}
_KEY = {"name": "secret", "key": "key"}
WHOLE: Mapping[str, Any] = {
    "task": "tts",
    "model": {"source": "demo"},
    "hub": {"endpoint": "https://hub.example", "tokenSecretRef": _KEY},
    "image": "registry.example/tts:1.0",
    "imagePullPolicy": "IfNotPresent",
    "imagePullSecrets": [{"name": "registry"}],
    "env": [{"name": "A", "valueFrom": {"secretKeyRef": _KEY}}, {"name": "B", "value": "c"}],
    "podLabels": {"team": "speech"},
    "podAnnotations": {"a": "b"},
    "serviceAccountName": "speech",
    "cache": {"size": "20Gi", "storageClassName": "fast", "accessModes": ["ReadWriteMany"]},
    "gpu": {"count": 1, "resourceName": "nvidia.com/gpu"},
    "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "4Gi"}},
    "nodeSelector": {"a": "b"},
    "tolerations": [
        {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 5},
    ],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_NODES]},
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "preference": _NODES}
            ],
        },
        "podAffinity": _POD_AFFINITY,
        "podAntiAffinity": _POD_AFFINITY,
    },
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": _SELECTOR,
            "matchLabelKeys": ["pod-template-hash"],
            "minDomains": 2,
            "nodeAffinityPolicy": "Honor",
            "nodeTaintsPolicy": "Honor",
        }
    ],
    "runtimeClassName": "nvidia",
    "priorityClassName": "high",
    "engine": {
        "precision": "float16",
        "maxBatch": 4,
        "maxWaitMs": 4,
        "maxQueue": 1000,
        "threads": 2,
    },
    "replicas": 1,
    "scaling": {
        "min": 1,
        "max": 3,
        "target": {"inFlight": 8, "queueSeconds": 2},
        "upWindowSeconds": 15,
        "downWindowSeconds": 300,
        "tolerance": 0.1,
    },
    "suspend": False,
    "warmup": {"texts": ["Hello."], "timeoutSeconds": 900},
    "rollout": {"strategy": "surge"},
    "auth": {"keysSecretRef": _KEY},
    "networkPolicy": {
        "enabled": True,
        "from": [{"namespaceSelector": _SELECTOR, "podSelector": _SELECTOR}],
    },
    "monitoring": {"serviceMonitor": "auto"},
    "service": {"type": "ClusterIP", "port": 5000, "annotations": {"a": "b"}},
}
"""A spec with nearly every field, so that a mutation meets what is valid around it.

Its model needs no download: its Deployment is applied at once."""


def _nested(depth: int) -> Any:
    return {"a": _nested(depth - 1)} if depth else {}


OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [None],
    [[]],
    ["a"] * 2000,
    {"a": 1},
    _nested(100),
)


@dataclass(frozen=True)
class Mutation:
    """A spec, and what was changed in it."""

    sample: str
    before: Mapping[str, Any]
    changes: tuple[str, ...]
    spec: Mapping[str, Any]


def mutations(count: int, seed: int) -> Iterator[Mutation]:
    """Yields mutated specs of samples: every path of the schema first, then more at random.

    Args:
        count: How many.
        seed: The same one yields the same mutations.
    """
    chosen = random.Random(seed)  # noqa: S311 repeatable, not secret
    definition: Any = crd()
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    specs = _specs()
    paths = list(_paths(schema))
    chosen.shuffle(paths)
    for number in range(count):
        sample, spec = chosen.choice(specs)
        # Not `deepcopy`: what stands in several places of the spec would stay one object.
        mutated: dict[str, Any] = json.loads(json.dumps(spec))
        changes = []
        for turn in range(1 + (chosen.random() < 0.25)):
            path = paths[number % len(paths)] if turn == 0 else chosen.choice(paths)
            value = _value(_at(schema, path), chosen)
            _put(mutated, schema, path, value)
            changes.append(f"{'.'.join(map(str, path))} = {_shown(value)}")
        yield Mutation(sample, spec, tuple(changes), mutated)


def _specs() -> list[tuple[str, Mapping[str, Any]]]:
    """Returns the specs to mutate with their names: those of samples, and as often the whole."""
    samples = [
        (f"{name}/{thing['metadata']['name']}", thing["spec"])
        for name in SAMPLES
        for thing in objects_of(name)
        if thing["kind"] == KIND
    ]
    return [*samples, *([("whole", WHOLE)] * len(samples))]


def _paths(schema: Mapping[str, Any], at: Path = ()) -> Iterator[Path]:
    """Yields every path of the schema; `*` is a key of a map, 0 the first item of a list."""
    for name, inner in schema.get("properties", {}).items():
        yield (*at, name)
        yield from _paths(inner, (*at, name))
    for step, place in ((0, "items"), ("*", "additionalProperties")):
        if isinstance(schema.get(place), Mapping) and len(at) < _MOST_DEPTH:
            yield (*at, step)
            yield from _paths(schema[place], (*at, step))
    if "properties" in schema:
        yield (*at, "unknownField")


def _at(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    for step in path:
        if step == 0:
            schema = schema["items"]
        elif step == "*":
            schema = schema["additionalProperties"]
        else:
            schema = schema["properties"].get(step, {})
    return schema


def _value(schema: Mapping[str, Any], chosen: random.Random) -> Any:
    """Returns a value: often of the right type, sometimes anything, sometimes none."""
    draw = chosen.random()
    if draw < 0.05:
        return _ABSENT
    return chosen.choice(_fitting(schema) if draw < 0.75 else (*TEXTS, *NUMBERS, *OTHERS))


def _fitting(schema: Mapping[str, Any]) -> Sequence[Any]:
    """Returns values of the right type, those at its limits included."""
    if "enum" in schema:
        return list(schema["enum"])
    kind = schema.get("type")
    if kind in {"integer", "number"}:
        limits = [schema[one] for one in ("minimum", "maximum") if one in schema]
        return [*(limit + step for limit in limits for step in (-1, 0, 1)), *NUMBERS]
    if kind in {"object", "array"}:
        return ({}, [], {"a": "b"}, {"a b": "c d"}, ["a"], [{}])
    if kind == "boolean":
        return (True, False)
    limit = schema.get("maxLength")
    return [*TEXTS, *(["a" * limit, "é" * limit] if limit else [])]


def _put(spec: dict[str, Any], schema: Mapping[str, Any], path: Path, value: Any) -> None:
    """Sets the value at the path; what leads there is made, where it is missing."""
    parent: Any = spec
    for number, step in enumerate(path[:-1]):
        schema = _at(schema, (step,))
        following: Any = [] if path[number + 1] == 0 else {}
        parent = _entered(parent, step, following)
    last = path[-1]
    if isinstance(parent, list):
        parent[:1] = [] if value is _ABSENT else [value]
    elif value is _ABSENT:
        parent.pop(_key(last), None)
    else:
        parent[_key(last)] = value


def _entered(parent: Any, step: str | int, made: Any) -> Any:
    if isinstance(parent, list):
        if not parent or not isinstance(parent[0], type(made)):
            parent[:1] = [made]
        return parent[0]
    key = _key(step)
    if not isinstance(parent.get(key), type(made)):
        parent[key] = made
    return parent[key]


def _key(step: str | int) -> str:
    return "key" if step == "*" else str(step)


def _shown(value: Any) -> str:
    text = "(removed)" if value is _ABSENT else ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}… ({len(text)} characters)"
