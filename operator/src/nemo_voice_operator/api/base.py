"""What the parts of the resource have in common: their base, their rules, their simple types."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

SHOWN = "x-nemo-voice-shown"
"""Marks a default that the API server writes into the object; others stay the operator's."""
NAMED = "x-nemo-voice-type"
"""The name under which the documentation knows a type, instead of telling its rules each time."""


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


def named(name: str, *found: dict[str, str]) -> dict[str, Any]:
    """Returns the mark of a type that the documentation knows by this name, and its rules."""
    return {NAMED: name, **(rules(*found) if found else {})}


def most_chars(number: int) -> dict[str, Any]:
    """Returns a limit that the API server alone checks.

    Objects that are stored already, and break it, stay readable.
    """
    return {"maxLength": number}


_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = f"{_LABEL}([.]{_LABEL})*"
"""Pattern of a DNS subdomain, which most names of objects are."""
QUALIFIED = f"({SUBDOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"
"""Pattern of the name of a label, an annotation or a resource, with its optional prefix."""
LABEL_VALUE = "([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
"""Pattern of a label's value."""

Text = Annotated[str, Field(min_length=1, max_length=512)]
ObjectName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        json_schema_extra=named(
            "object name",
            cel(
                f"self.matches('^{SUBDOMAIN}$')",
                "a name has lower-case letters, digits, hyphens and dots, and letters or digits "
                "at both ends and around dots",
            ),
        ),
    ),
]
SecretKeyName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        json_schema_extra=named(
            "key",
            cel(
                "self.matches('^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')",
                "a key of a Secret or ConfigMap has letters, digits, '-', '_' and '.', "
                "and does not begin with '..'",
            ),
        ),
    ),
]
Quantity = Annotated[
    str,
    Field(
        json_schema_extra=named("quantity") | most_chars(64) | {"x-kubernetes-int-or-string": True},
        coerce_numbers_to_str=True,
    ),
]
AnyObject = Annotated[
    dict[str, JsonValue], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})
]
