"""The files of the chart that are made from the code: values, schema, definition, roles.

`tools.generated.manifests` writes them; the values themselves are in `values.py`.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from nemo_voice_operator.api.spec import Spec
from nemo_voice_operator.crd import crd, structural
from nemo_voice_operator.kube.rbac import (
    definition_rules,
    other_rules,
    own_rules,
    rules,
)
from tools.chart.values import ChartValues, Values
from tools.generated.markdown import joined, table

CHART = Path("charts/nemo-voice")
_WIDTH, _COMMENT_WIDTH = 120, 110
_NOTE = "# Made by `make generate` from {}.\n"
_MARKS = "x-kubernetes-"
_DEPLOYMENT = "$(DEPLOYMENT)"
"""Stands for the name of the operator's Deployment, which the chart's templates know."""
_DICTIONARY: Mapping[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


def chart_files() -> Mapping[Path, str]:
    """Returns the text of each generated file of the chart by its path in the repository."""
    access = {
        "managed": rules(),
        "own": own_rules(_DEPLOYMENT),
        "others": other_rules(),
        "definition": definition_rules(),
    }
    return {
        CHART / "values.yaml": values_yaml(),
        CHART / "values.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
        CHART / "crds" / "crd.yaml": definition_yaml(),
        CHART / "files" / "access.yaml": (
            _NOTE.format("operator/src/nemo_voice_operator/kube/rbac.py") + _yaml(access)
        ),
    }


def definition_yaml() -> str:
    """Returns the definition of VoiceServices as a file."""
    return _NOTE.format("operator/src/nemo_voice_operator/resource") + _yaml(crd())


def values_yaml() -> str:
    """Returns the chart's defaults, each below what it means."""
    head = (
        _NOTE.format("tools/chart/values.py") + "# values.schema.json refuses what is not here.\n"
    )
    sections = ("\n".join(["", *lines, ""]) for lines in _sections(ChartValues()))
    return head + "".join(sections)


def values_table() -> str:
    """Returns one row for each value that has no further values in it."""
    rows = [
        (f"`{path}`", f"`{_flow(default)}`", joined(field.description or ""))
        for path, field, default in leaves(ChartValues())
    ]
    return table(("value", "default", "what it is"), rows)


def leaves(group: Values, prefix: str = "") -> Iterator[tuple[str, FieldInfo, Any]]:
    """Yields each value that has no further values in it: its path, its field, its default."""
    for name, field, value in _fields(group):
        if isinstance(value, Values):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field, _plain(value)


def schema() -> dict[str, Any]:
    """Returns the closed schema that Helm holds values against."""
    made = _closed(structural(ChartValues.model_json_schema(by_alias=True)))
    _require(made, ChartValues())
    made["properties"]["voiceServices"] |= _voice_services()
    made["properties"]["global"] = {
        "description": "Helm's own, for a chart that contains this one; nothing here reads it.",
        "type": "object",
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _voice_services() -> dict[str, Any]:
    spec = _closed(structural(Spec.model_json_schema(by_alias=True)))
    spec["properties"] |= {"labels": _DICTIONARY, "annotations": _DICTIONARY}
    # Null leaves one out that another file of values has.
    return {"additionalProperties": {**spec, "type": ["object", "null"]}}


def _require(made: dict[str, Any], group: Values) -> None:
    """Demands what has a default, except for lists and maps: null may empty those."""
    for name, _, value in _fields(group):
        if isinstance(value, Values):
            _require(made["properties"][name], value)
        if isinstance(value, Values | str | int | float):
            made.setdefault("required", []).append(name)
    made["required"] = sorted(set(made["required"]))


def _closed(known: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a structural schema as a JSON schema that knows no other fields."""
    found = {name: value for name, value in known.items() if not name.startswith(_MARKS)}
    if "properties" in found:
        found["properties"] = {name: _closed(part) for name, part in found["properties"].items()}
        found["additionalProperties"] = False
    for name in ("items", "additionalProperties"):
        if isinstance(found.get(name), Mapping):
            found[name] = _closed(found[name])
    if known.get(f"{_MARKS}int-or-string"):
        found["type"] = ["integer", "string"]
    if found.get("exclusiveMinimum") is True:
        found["exclusiveMinimum"] = found.pop("minimum")
    return found


def _fields(group: Values) -> Iterator[tuple[str, FieldInfo, Any]]:
    for name, field in type(group).model_fields.items():
        yield field.alias or name, field, getattr(group, name)


def _sections(group: Values) -> Iterator[list[str]]:
    """Yields the lines of each value: its comment, itself, and an example."""
    for name, field, value in _fields(group):
        lines = textwrap.wrap(
            f"# {joined(field.description or '')}", _COMMENT_WIDTH, subsequent_indent="# "
        )
        if isinstance(value, Values):
            inner = (f"  {line}" for section in _sections(value) for line in section)
            yield [*lines, f"{name}:", *inner]
        else:
            yield [*lines, *_yaml({name: _plain(value)}).splitlines(), *_examples(field)]


def _examples(field: FieldInfo) -> Iterator[str]:
    for example in field.examples or ():
        yield from (f"#  {line}" for line in _yaml(example).splitlines())


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_none=True)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flow(value: Any) -> str:
    if isinstance(value, str):
        return value or '""'
    shown: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return shown.removesuffix("...\n").strip()


def _yaml(value: object) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, width=_WIDTH, allow_unicode=True)
    return text
