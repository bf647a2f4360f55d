"""What the parts of the resource have in common: their base, their rules, their simple types."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

SHOWN = "x-nemo-voice-shown"
"""Marks a default that the API server writes into the object; others stay the operator's."""


def cel(rule: str, message: str) -> dict[str, str]:
    """Returns one validation rule of the API server, with its message when it is broken."""
    return {"rule": rule, "message": message}


def rules(*found: dict[str, str]) -> dict[str, Any]:
    """Returns the rules as what `json_schema_extra` takes."""
    return {"x-kubernetes-validations": list(found)}


def shown() -> dict[str, Any]:
    """Returns the mark of a default that the object is to show."""
    return {SHOWN: True}


class Part(BaseModel):
    """What every part of the resource is: frozen, camelCase outside, unknown fields ignored.

    The API server refuses unknown fields; an operator older than the CRD must not.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )


Text = Annotated[str, Field(min_length=1, max_length=512)]
ObjectName = Annotated[
    str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
]
Quantity = Annotated[
    str, Field(json_schema_extra={"x-kubernetes-int-or-string": True}, coerce_numbers_to_str=True)
]
AnyObject = Annotated[
    dict[str, JsonValue], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})
]
