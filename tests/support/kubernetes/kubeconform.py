"""kubeconform with Kubernetes' own schemas, and without a network."""

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from nemo_voice_operator.crd import crd

_REFERENCE = re.compile(r'"#/\$defs/([^"]+)"')
MINORS = ("1.30", "1.34", "1.37")
"""The oldest that the chart admits, one between, and the newest that there are schemas of."""


def kubeconform(binaries: Path, objects: Any, schemas: Path, *skipped: str) -> str:
    """Returns kubeconform's findings; empty if there are none."""
    command = [
        *(str(binaries / "kubeconform"), "-strict", "-skip", ",".join(skipped)),
        *("-schema-location", f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"),
    ]
    done = subprocess.run(
        command, input=yaml.safe_dump_all(objects), capture_output=True, text=True, check=False
    )
    return f"{done.stdout}{done.stderr}"


def write_schemas(folder: Path, minor: str, objects: Any) -> None:
    """Writes the schemas of these objects' kinds, VoiceService's too, where kubeconform looks.

    Those of the wheel name an address in the network as their own, so that what they refer to would
    be requested there.
    """
    source = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{minor}.0-local-strict"
    definitions = json.loads((source / "_definitions.json").read_text())["$defs"]
    for name in sorted({_file(one) for one in objects}):
        if (found := source / f"{name}.json").is_file():
            schema = json.loads(found.read_text().replace("/api/_definitions.json#", "#"))
            schema.pop("$id", None)
            schema["$defs"] = _needed(schema, definitions)
            (folder / f"{name}.json").write_text(json.dumps(schema))
    definition: Any = crd()
    schema = _closed(definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    (folder / "voiceservice-nemo-voice-v1alpha1.json").write_text(json.dumps(schema))


def _needed(schema: Any, definitions: Any) -> dict[str, Any]:
    """Returns the definitions that the schema refers to: all of them take a minute to compile."""
    found: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for name in _REFERENCE.findall(json.dumps(waiting.pop())):
            if name not in found:
                found[name] = definitions[name]
                waiting.append(found[name])
    return found


def _file(thing: Any) -> str:
    group, _, version = thing["apiVersion"].rpartition("/")
    return "-".join(filter(None, (thing["kind"].lower(), re.split(r"\.", group)[0], version)))


def _closed(schema: Any) -> Any:
    """Returns the schema of a definition as one that knows no other fields."""
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items() if not key.startswith("x-")}
    if schema.get("x-kubernetes-int-or-string"):
        found["type"] = ["integer", "string"]
    if found.get("exclusiveMinimum") is True:
        found["exclusiveMinimum"] = found.pop("minimum")
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        found["properties"] = {key: _closed(value) for key, value in schema["properties"].items()}
        found["additionalProperties"] = False
    return found
