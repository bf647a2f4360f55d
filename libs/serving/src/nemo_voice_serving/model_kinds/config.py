"""Reads a `model_config.yaml` without NeMo: plain values, with references between them followed.

Its bytes come from strangers: neither their size nor their nesting may cost more than moments.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from nemo_voice_serving.model_kinds.errors import MalformedConfig

CONFIG_NAME = "model_config.yaml"
MAX_CONFIG_BYTES = 8 * 2**20
"""Twenty times the largest that NVIDIA publishes, which lists 16,000 tokens twice."""

_DEEPEST = 64
_MOST_EVENTS = 1_000_000
_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_MOST_STEPS = 8
# PyYAML's own loader takes ten times as long.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Config:
    """The values of a configuration by their dotted names."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def get(self, name: str) -> Any:
        """Returns the value, such as that of `preprocessor.sample_rate`; None where there is none.

        A reference like `${sample_rate}` gives what it refers to.
        """
        for _ in range(_MOST_STEPS):
            found = self._at(name)
            reference = _REFERENCE.fullmatch(found) if isinstance(found, str) else None
            if reference is None:
                return found
            name = reference[1]
        return None

    def text(self, name: str) -> str | None:
        """Returns the value if it is text that is not empty."""
        found = self.get(name)
        return found if isinstance(found, str) and found else None

    def number(self, name: str) -> float | None:
        """Returns the value if it is a positive number; YAML reads `1e-2` as text."""
        found = self.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            return None
        try:
            number = float(found)
        except (ValueError, OverflowError):
            return None
        return number if 0 < number < float("inf") else None

    def whole(self, name: str) -> int | None:
        """Returns the value if it is a positive whole number."""
        found = self.number(name)
        return int(found) if found is not None and found.is_integer() else None

    def names_in(self, name: str) -> tuple[str, ...]:
        """Returns the keys of the mapping of that name; none where it is no mapping."""
        found = self.get(name)
        return tuple(map(str, found)) if isinstance(found, Mapping) else ()

    def everything(self) -> Iterator[tuple[str, Any]]:
        """Yields every value that is not a mapping or a list, with the key it stands below."""
        seen: set[int] = set()
        rest: list[tuple[str, Any]] = [("", self._values)]
        while rest:
            key, value = rest.pop()
            if isinstance(value, Mapping | list):
                if id(value) in seen:  # an alias; following each would multiply them
                    continue
                seen.add(id(value))
                items = value.items() if isinstance(value, Mapping) else ((key, v) for v in value)
                rest.extend((str(one), inner) for one, inner in items)
            else:
                yield key, value

    def _at(self, name: str) -> Any:
        found: Any = self._values
        for part in name.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(part)
        return found


def read_config(content: bytes) -> Config:
    """Returns the configuration.

    Raises:
        MalformedConfig: It is no YAML of a mapping, or larger or deeper than any model's.
    """
    if len(content) > MAX_CONFIG_BYTES:
        raise MalformedConfig(f"Its {CONFIG_NAME} has more than {MAX_CONFIG_BYTES} bytes.")
    try:
        _refuse_depth(content)
        values = yaml.load(content, Loader=_Loader)  # noqa: S506 a safe loader
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        problem = " ".join(str(error).split())[:200]
        raise MalformedConfig(f"Its {CONFIG_NAME} cannot be read: {problem}.") from error
    if not isinstance(values, Mapping):
        raise MalformedConfig(f"Its {CONFIG_NAME} holds no settings.")
    return Config(values)


def _refuse_depth(content: bytes) -> None:
    """Refuses what is nested so deeply that libyaml's composer would crash the process."""
    depth = 0
    for count, event in enumerate(yaml.parse(content, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST or count > _MOST_EVENTS:
            raise ValueError("it is nested more deeply, or longer, than that of any model")
