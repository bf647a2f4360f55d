"""The CustomResourceDefinition, made from the Pydantic models of `api/`.

`make generate` writes it into the repository; `python -m nemo_voice_operator crd` prints or applies
it.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from nemo_voice_operator.api import GROUP, KIND, MAX_NAME_CHARS, PLURAL, VERSION, VoiceService
from nemo_voice_operator.api.base import NAMED, SHOWN, cel
from nemo_voice_operator.api.spec import Spec
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.kube.manifests import Manifest

_DROPPED = {"title", "$defs", "default", SHOWN, NAMED, "propertyNames"}
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"

_COLUMNS = (
    ("Task", "string", ".spec.task", 0),
    ("Model", "string", ".spec.model.source", 0),
    ("Ready", "integer", ".status.readyReplicas", 0),
    ("Replicas", "integer", ".status.desiredReplicas", 0),
    ("Phase", "string", ".status.phase", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Reason", "string", ".status.reason", 1),
    ("Endpoint", "string", ".status.endpoint", 1),
)


def crd() -> Manifest:
    """Returns the definition of VoiceServices."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["voice"],
            },
            "versions": [_version()],
        },
    }


def _version() -> Manifest:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _schema()},
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        "additionalPrinterColumns": [
            # The API server drops a 0, and Helm would see somebody else's change in that.
            {"name": name, "type": kind, "jsonPath": path, **({"priority": 1} if is_wide else {})}
            for name, kind, path, is_wide in _COLUMNS
        ],
    }


def _schema() -> Manifest:
    return {
        "type": "object",
        "description": str(VoiceService.__doc__),
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(Spec.model_json_schema(by_alias=True)),
            "status": {
                **structural(Status.model_json_schema(by_alias=True)),
                # kstatus would take an object that nobody has seen yet for one that is as wanted.
                "default": {"observedGeneration": -1},
            },
        },
        "x-kubernetes-validations": [
            cel(
                f"self.metadata.name.size() <= {MAX_NAME_CHARS}",
                f"the name must have at most {MAX_NAME_CHARS} characters, "
                "because the names of pods and Services are made from it",
            ),
            cel(
                "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
                "the name must be a valid Service name: lower-case letters, digits and hyphens, "
                "beginning with a letter",
            ),
        ],
    }


def structural(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a Pydantic JSON schema in the form that Kubernetes accepts.

    References are put in place, optional is what is not required, and only defaults that are marked
    as shown stay.
    """
    return _converted(schema, schema.get("$defs", {}))


def _converted(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    merged = _resolved(schema, definitions)
    found: dict[str, Any] = {
        name: deepcopy(value)
        for name, value in merged.items()
        if name not in _DROPPED | {"properties", "items", "additionalProperties"}
    }
    if "description" in merged:
        found["description"] = _description(merged)
    if merged.get(SHOWN):
        found["default"] = {} if isinstance(merged["default"], Mapping) else merged["default"]
    _write_as_openapi_3_0(found)
    if "properties" in merged:
        found["properties"] = {
            name: _converted(inner, definitions) for name, inner in merged["properties"].items()
        }
    if "items" in merged:
        found["items"] = _converted(merged["items"], definitions)
    additional = merged.get("additionalProperties")
    if isinstance(additional, Mapping) and not found.get(_PRESERVE):
        found["additionalProperties"] = _converted(additional, definitions)
    return found


def _write_as_openapi_3_0(found: dict[str, Any]) -> None:
    """Changes the words of a schema that are newer than those of Kubernetes."""
    if "exclusiveMinimum" in found:
        found["minimum"], found["exclusiveMinimum"] = found["exclusiveMinimum"], True
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if found.get(_INT_OR_STRING):
        del found["type"]


def _description(schema: Mapping[str, Any]) -> str:
    """Returns a field's description with its default, which `kubectl explain` would not show."""
    text, default = " ".join(schema["description"].split()), schema.get("default")
    if not default or not isinstance(default, str | int | float):
        return text
    return f"{text} Default: {default if isinstance(default, str) else json.dumps(default)}."


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the schema with its reference and its optional alternative merged into it."""
    merged = dict(schema)
    if "anyOf" in merged:
        (alternative,) = [one for one in merged.pop("anyOf") if one.get("type") != "null"]
        merged = _merged(alternative, merged)
    if "$ref" in merged:
        name = merged.pop("$ref").rsplit("/", 1)[-1]
        merged = _merged(definitions[name], merged)
    return _resolved(merged, definitions) if merged.keys() & {"anyOf", "$ref"} else merged


def _merged(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> dict[str, Any]:
    """Merges two schemas; the field's description wins, validation rules add up."""
    rules = "x-kubernetes-validations"
    both = {**inner, **outer}
    if rules in inner and rules in outer:
        both[rules] = [*inner[rules], *outer[rules]]
    return both
