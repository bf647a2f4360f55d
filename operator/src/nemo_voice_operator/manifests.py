"""Kubernetes objects as plain data, the form that server-side apply takes."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
Manifest: TypeAlias = dict[str, Json]


def kind_of(manifest: Mapping[str, Json]) -> str:
    """Returns the object's kind."""
    return str(manifest["kind"])


def name_of(manifest: Mapping[str, Json]) -> str:
    """Returns the object's name."""
    metadata = manifest["metadata"]
    assert isinstance(metadata, Mapping)  # noqa: S101 every object has metadata
    return str(metadata["name"])


def namespace_of(manifest: Mapping[str, Json]) -> str:
    """Returns the object's namespace."""
    metadata = manifest["metadata"]
    assert isinstance(metadata, Mapping)  # noqa: S101 every object has metadata
    return str(metadata["namespace"])


def pruned(value: Json) -> Json:
    """Returns the value without the entries of mappings that are None, at every depth."""
    if isinstance(value, Mapping):
        return {key: pruned(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [pruned(inner) for inner in value]
    return value
