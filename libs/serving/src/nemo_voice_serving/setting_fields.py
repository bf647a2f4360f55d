"""The fields of settings, one by one: for flags, variables, messages and documentation."""

from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_LIMITS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"))


def leaf_fields(settings: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Yields every scalar field of the settings with its path, nested groups flattened."""
    for name, field in settings.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            for path, inner in leaf_fields(group):
                yield (name, *path), inner
        else:
            yield (name,), field


def range_of(field: FieldInfo) -> str | None:
    """Returns the numbers that the field takes, in words; None where it has no such limits."""
    limits = [
        f"{words} {limit:,g}"
        for rule in field.metadata
        for name, words in _LIMITS
        if (limit := getattr(rule, name, None)) is not None
    ]
    return " and ".join(limits) or None
