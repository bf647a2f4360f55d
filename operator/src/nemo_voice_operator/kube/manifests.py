"""Kubernetes objects as plain data, the form that server-side apply takes."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
Manifest: TypeAlias = dict[str, Json]


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


def without_none(manifest: Mapping[str, Json]) -> Manifest:
    """Returns the manifest without the entries that are None, at every depth."""
    return {key: pruned(value) for key, value in manifest.items() if value is not None}


def pruned(value: Json) -> Json:
    """Returns the value without the entries of mappings that are None, at every depth."""
    # Checks against plain types are much faster than against abstract ones.
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, dict | Mapping):
        return without_none(value)
    return [pruned(inner) for inner in value]
