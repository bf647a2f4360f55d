"""The definition: how a Pydantic schema becomes the one that Kubernetes takes."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, JsonValue

from nemo_voice_operator.api.base import AnyObject, Part, Quantity, cel, rules, shown
from nemo_voice_operator.api.placement import Shaped
from nemo_voice_operator.crd import crd, structural
from support.docs.repository import ROOT, text_of

STRUCTURAL = {"const", "$ref", "$defs", "anyOf", "allOf", "oneOf", "title", "definitions"}


class Inner(Part):
    """What is inside."""

    model_config = Part.model_config | {"json_schema_extra": rules(cel("inner", "of the class"))}

    count: Annotated[int, Field(gt=0)]
    """How
    many."""


class Outer(Part):
    """What is outside."""

    always: Inner
    """One of them."""
    maybe: Annotated[Inner, Field(json_schema_extra=rules(cel("outer", "of the field")))] | None = (
        None
    )
    """Perhaps one."""
    marked: Annotated[Inner, Field(json_schema_extra=shown())] = Inner(count=1)
    number: Annotated[int, Field(json_schema_extra=shown())] = 3
    unmarked: int = 4
    sizes: dict[str, Quantity] | None = None
    anything: AnyObject | None = None
    many: list[Inner] = Field(default_factory=list)


def converted() -> dict[str, Any]:
    return structural(Outer.model_json_schema(by_alias=True))


def walked(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    inner = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        inner = {str(place): one for place, one in enumerate(value)}
    for name, one in inner.items():
        yield from walked(one, f"{path}/{name}")


def test_references_are_inlined_and_the_fields_description_wins() -> None:
    always, maybe = converted()["properties"]["always"], converted()["properties"]["maybe"]
    assert always["description"] == "One of them."
    assert maybe["description"] == "Perhaps one."
    assert always["properties"]["count"]["type"] == "integer"
    assert always["required"] == ["count"]
    assert converted()["properties"]["many"]["items"]["description"] == "What is inside."


def test_rules_of_class_and_field_add_up() -> None:
    found = converted()["properties"]["maybe"]["x-kubernetes-validations"]
    assert [one["rule"] for one in found] == ["inner", "outer"]
    (only,) = converted()["properties"]["always"]["x-kubernetes-validations"]
    assert only["rule"] == "inner"


def test_optional_field_is_not_required_and_not_nullable() -> None:
    assert converted()["required"] == ["always"]
    assert "anyOf" not in converted()["properties"]["maybe"]


def test_exclusive_minimum_is_written_as_openapi_3_0() -> None:
    count = converted()["properties"]["always"]["properties"]["count"]
    assert count["description"] == "How many."
    assert (count["minimum"], count["exclusiveMinimum"]) == (0, True)


def test_only_value_of_a_field_is_written_as_openapi_3_0() -> None:
    class Single(Part):
        only: Literal["one"]
        """The only value."""

    found = structural(Single.model_json_schema())["properties"]["only"]
    assert (found["enum"], "const" in found) == (["one"], False)


def test_only_marked_defaults_are_in_the_schema() -> None:
    properties = converted()["properties"]
    assert properties["number"]["default"] == 3
    assert properties["marked"]["default"] == {}, "its own fields show theirs"
    assert "default" not in properties["unmarked"]
    assert "default" not in properties["maybe"]


def test_description_ends_with_the_operators_default() -> None:
    class Described(Part):
        kept: bool = True
        """Whether it is kept."""
        first: str = ""
        """The first."""

    found = structural(Described.model_json_schema())["properties"]
    assert found["kept"]["description"] == "Whether it is kept. Default: true."
    assert found["first"]["description"] == "The first."


def test_quantity_is_int_or_string_and_any_object_keeps_unknown_fields() -> None:
    properties = converted()["properties"]
    quantity = properties["sizes"]["additionalProperties"]
    assert quantity["x-kubernetes-int-or-string"] is True
    assert "type" not in quantity
    assert properties["anything"]["x-kubernetes-preserve-unknown-fields"] is True
    assert "additionalProperties" not in properties["anything"]
    assert properties["anything"]["type"] == "object"


def test_shaped_mapping_has_the_schema_of_a_model_and_stays_as_it_is() -> None:
    class Shape(Part):
        """What it looks like."""

        kind: Literal["only"]
        """The one kind."""

    class Holding(Part):
        inside: Annotated[dict[str, JsonValue], Shaped(Shape, "shape")] | None = None
        """What is inside."""

    inside = structural(Holding.model_json_schema(by_alias=True))["properties"]["inside"]
    assert inside["required"] == ["kind"]
    assert inside["properties"]["kind"]["enum"] == ["only"]
    assert inside["description"] == "What is inside."
    assert "x-kubernetes-preserve-unknown-fields" not in inside
    assert not any(name.startswith("x-nemo-voice") for name in inside)
    stored = {"kind": 1, "of": {"an older": ["definition"]}}
    assert Holding(inside=stored).inside == stored


def test_schema_is_structural() -> None:
    schema = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]  # type: ignore[index,call-overload]
    for path, value in walked(schema):
        if isinstance(value, dict) and not path.endswith(("/properties", "/default")):
            assert not value.keys() & STRUCTURAL, path


def test_every_field_is_described() -> None:
    schema: Any = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]  # type: ignore[index,call-overload]
    for part in ("spec", "status"):
        for path, value in walked(schema["properties"][part], part):
            if path.endswith("/properties"):
                assert {name for name, one in value.items() if not one.get("description")} == set()


def test_crd_is_a_new_equal_object_at_each_call() -> None:
    first: Any = crd()
    before = json.dumps(first)
    first["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"].clear()
    assert json.dumps(crd()) == before


def test_manifest_has_no_yaml_aliases() -> None:
    text = text_of((ROOT / "manifests" / "crd.yaml").relative_to(ROOT))
    assert "&id" not in text
    assert "*id" not in text
    assert yaml.safe_load(text) == crd()
