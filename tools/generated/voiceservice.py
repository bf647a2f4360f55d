"""The reference of the VoiceService, made from the operator's Pydantic models.

`generate.py` puts it into `docs/voiceservice.md`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from nemo_voice_operator.api.base import NAMED, SHOWN
from nemo_voice_operator.api.spec import Spec
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.crd import crd
from tools.generated.markdown import anchor_of, joined, table

Schema = Mapping[str, Any]

_RULES = "x-kubernetes-validations"
_MARKED = {
    "x-kubernetes-preserve-unknown-fields": "object, passed on",
}
_HOLDING = {"array": ("list", "items"), "object": ("map", "additionalProperties")}
_BOUNDS = (
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
    ("maxProperties", "at most {}"),
)


@dataclass(slots=True)
class Section:
    """One object of the resource, wherever in it that object stands."""

    schema: Schema
    paths: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """What the section is called: every path that leads to the object."""
        return ", ".join(self.paths)


def spec_reference() -> str:
    """Returns a section for each object of the spec: fields, then the API server's rules."""
    return _reference("spec", Spec, has_defaults=True)


def status_reference() -> str:
    """Returns a section for each object of the status."""
    return _reference("status", Status, has_defaults=False)


def columns_table() -> str:
    """Returns one row for each column that `kubectl get voice` prints."""
    definition: Any = crd()
    rows = [
        (
            column["name"],
            f"`{column['jsonPath']}`",
            "with `-o wide`" if "priority" in column else "",
        )
        for column in definition["spec"]["versions"][0]["additionalPrinterColumns"]
    ]
    return table(("column", "what it shows", ""), rows)


def _reference(path: str, model: type[BaseModel], *, has_defaults: bool) -> str:
    whole = model.model_json_schema(by_alias=True)
    definitions = whole.get("$defs", {})
    sections: dict[str, Section] = {}
    _collect(path, whole, definitions, sections)
    return "\n".join(_told(one, sections, definitions, has_defaults) for one in sections.values())


def _collect(path: str, schema: Schema, definitions: Schema, sections: dict[str, Section]) -> None:
    """Notes the object at this path and all below it, each kind of object once."""
    sections.setdefault(schema["title"], Section(schema)).paths.append(path)
    for name, stated in schema["properties"].items():
        inner = _resolved(stated, definitions)
        suffix = "[]" if inner.get("type") == "array" else ""
        element = _resolved(inner.get("items", inner), definitions)
        if "properties" in element and NAMED not in element:
            _collect(f"{path}.{name}{suffix}", element, definitions, sections)


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """Returns the schema with its reference and its optional alternative put in place."""
    merged = dict(schema)
    if "anyOf" in merged:
        (alternative,) = [one for one in merged.pop("anyOf") if one.get("type") != "null"]
        return _resolved({**alternative, **merged}, definitions)
    if "$ref" in merged:
        found = definitions[merged.pop("$ref").rsplit("/", 1)[-1]]
        # The title is the name of the kind of object, which the field must not hide.
        return {**found, **merged, "title": found["title"]}
    return merged


def _told(
    section: Section, sections: Mapping[str, Section], definitions: Schema, has_defaults: bool
) -> str:
    properties = section.schema["properties"]
    rows = []
    for name, stated in properties.items():
        schema = _resolved(stated, definitions)
        is_required = name in section.schema.get("required", ())
        default = "**required**" if is_required else _default(schema)
        cells = [f"`{name}`", _type(schema, sections, definitions)]
        cells += [default] if has_defaults else []
        rows.append((*cells, joined(schema.get("description", ""))))
    heads = ["field", "type", *(["default"] if has_defaults else []), "what it is"]
    text = f"### {section.heading}\n\n{table(heads, rows)}"
    rules = list(_rules(section.schema, definitions))
    return f"{text}\nRules:\n\n{''.join(rules)}" if rules else text


def _rules(schema: Schema, definitions: Schema) -> Iterator[str]:
    for name, stated in schema["properties"].items():
        inner = _resolved(stated, definitions)
        if "properties" not in inner and NAMED not in inner:
            yield from (f"- `{name}`: {rule['message']}\n" for rule in inner.get(_RULES, ()))
    yield from (f"- {rule['message']}\n" for rule in schema.get(_RULES, ()))


def _type(schema: Schema, sections: Mapping[str, Section], definitions: Schema) -> str:
    bounds = [said.format(schema[name]) for name, said in _BOUNDS if name in schema]
    if NAMED in schema:
        return str(schema[NAMED])
    return ", ".join([_type_name(schema, sections, definitions), *bounds])


def _type_name(schema: Schema, sections: Mapping[str, Section], definitions: Schema) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "properties" in schema:
        return f"[object](#{anchor_of(sections[schema['title']].heading)})"
    for mark, word in _MARKED.items():
        if schema.get(mark):
            return word
    if schema["type"] not in _HOLDING:
        return str(schema["type"])
    word, place = _HOLDING[schema["type"]]
    return f"{word} of {_type(_resolved(schema[place], definitions), sections, definitions)}"


def _default(schema: Schema) -> str:
    default, shown = schema.get("default"), ", shown" if schema.get(SHOWN) else ""
    if isinstance(default, Mapping):
        own = {name: stated.get("default") for name, stated in schema["properties"].items()}
        if default == own:
            return f"its fields'{shown}"
        words = ", ".join(
            f"{name}: {value}" for name, value in default.items() if value is not None
        )
        return f"`{{{words}}}`{shown}"
    if default is None or default == []:
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`{shown}"
