"""Kubernetes' own schemas, closed, so that a misspelt field is an error.

`kubernetes_validate` brings them, and reads megabytes of them anew for each object; here they are
read once.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]
from referencing import Registry, Resource

OLDEST, NEWEST = "1.31", "1.37"
"""Everything that the operator makes is at least beta, and switched on, in the oldest."""


def faults_of(manifest: Mapping[str, Any], version: str = NEWEST) -> list[str]:
    """Returns the fields of the object that this version of Kubernetes does not know."""
    group, _, api = str(manifest["apiVersion"]).rpartition("/")
    name = "-".join(filter(None, (manifest["kind"].lower(), group.partition(".")[0], api)))
    found = _validator(version, name).iter_errors(manifest)
    return [f"{fault.json_path}: {fault.message}" for fault in found]


@cache
def _validator(version: str, name: str) -> Any:
    schema = _schema(version, name)
    registry = Resource.from_contents(schema) @ _definitions(version)
    return jsonschema.Draft202012Validator(schema, registry=registry)


@cache
def _definitions(version: str) -> Any:
    return Resource.from_contents(_schema(version, "_definitions")) @ Registry()


def _schema(version: str, name: str) -> Any:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    return json.loads((folder / f"{name}.json").read_text())
