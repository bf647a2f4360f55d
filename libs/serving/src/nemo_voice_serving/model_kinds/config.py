"""Reads a `model_config.yaml` without NeMo: plain values, with references between them followed.

Its bytes come from strangers: neither their size nor their nesting may cost more than moments.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from nemo_voice_serving.model_kinds.errors import MalformedConfig

CONFIG_NAME = "model_config.yaml"
MAX_CONFIG_BYTES = 8 * 2**20
"""Twenty times the largest that NVIDIA publishes, which lists 16,000 tokens twice."""

TRAINING_SECTIONS = frozenset(
    {"train_ds", "validation_ds", "test_ds", "optim", "trainer", "exp_manager", "log_config"}
)
"""Parts of a model's configuration of which nothing is built when the model is restored."""

_DEEPEST = 64
_MOST_EVENTS = 1_000_000
_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_MOST_STEPS = 8
# PyYAML's own loader takes ten times as long.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_PLAIN_REFERENCES = re.compile(r"\$\{\s*([\w-]+)(?:\.[\w.-]+)?\s*\}")


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a configuration that is no mapping or list."""

    key: str
    """The name that it, or the list which holds it, stands below."""
    value: Any
    siblings: Mapping[str, Any]
    """What stands beside it."""
    section: str
    """The name at the top, below which it stands."""


class Config:
    """The values of a configuration by their dotted names."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def get(self, name: str) -> Any:
        """Returns the value, such as that of `preprocessor.sample_rate`; None where there is none.

        A reference like `${sample_rate}` gives what it refers to.
        """
        return self.followed(self._at(name))

    def followed(self, value: Any) -> Any:
        """Returns what a value like `${sample_rate}` refers to; another value as it is."""
        for _ in range(_MOST_STEPS):
            reference = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if reference is None:
                return value
            value = self._at(reference[1])
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

    def settings(self, left_out: frozenset[str] = frozenset()) -> Iterator[Setting]:
        """Yields every value that is no mapping or list, but for those in the sections left out."""
        seen: set[int] = set()
        rest: list[tuple[str, str, Any, Mapping[str, Any]]] = [
            (str(key), str(key), value, self._values)
            for key, value in self._values.items()
            if key not in left_out
        ]
        while rest:
            section, key, value, siblings = rest.pop()
            if not isinstance(value, Mapping | list):
                yield Setting(key, value, siblings, section)
            elif id(value) not in seen:  # an alias; following each would multiply them
                seen.add(id(value))
                if isinstance(value, Mapping):
                    rest.extend((section, str(one), inner, value) for one, inner in value.items())
                else:
                    rest.extend((section, key, inner, siblings) for inner in value)

    def settings_served(self) -> Iterator[Setting]:
        """Yields the values of what is built when the model is restored.

        Where something may refer to a section of the training, those are among it.
        """
        return self.settings(frozenset() if self._refers_to_training() else TRAINING_SECTIONS)

    def _refers_to_training(self) -> bool:
        for setting in self.settings(TRAINING_SECTIONS):
            if not isinstance(setting.value, str) or "${" not in setting.value:
                continue
            rest = _PLAIN_REFERENCES.sub("", setting.value)
            names = _PLAIN_REFERENCES.findall(setting.value)
            # Relative, nested and computed references may lead anywhere.
            if "${" in rest or not TRAINING_SECTIONS.isdisjoint(names):
                return True
        return False

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
