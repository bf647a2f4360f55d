"""Refuses misspelt environment variables: pydantic-settings ignores those that are no setting."""

import difflib
import os
from collections.abc import Mapping

from pydantic_settings import BaseSettings

from nemo_voice_serving.setting_fields import leaf_fields
from nemo_voice_serving.settings import PREFIX

FOREIGN_PREFIXES = ("NEMO_VOICE_DEV_", "NEMO_VOICE_OPERATOR_")
"""Prefixes of the build tooling's and the operator's variables, which the services ignore."""


class UnknownVariable(Exception):
    """An environment variable has our prefix but is no setting: probably misspelt."""


def variable_names(settings: type[BaseSettings]) -> frozenset[str]:
    """Returns every environment variable that the settings class reads, those of groups too."""
    names = {"__".join(path) for path, _ in leaf_fields(settings)} | set(settings.model_fields)
    return frozenset(f"{PREFIX}{name}".upper() for name in names)


def check_environment(
    settings: type[BaseSettings], environment: Mapping[str, str] = os.environ
) -> None:
    """Refuses variables with our prefix that are no setting; pydantic-settings ignores them.

    Raises:
        UnknownVariable: Naming the variable and the likeliest known ones.
    """
    known = variable_names(settings)
    for name in sorted(environment):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper.startswith(FOREIGN_PREFIXES) or upper in known:
            continue
        near = _nearest(upper, known)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UnknownVariable(f"The environment variable {name} is not a setting.{hint}")


def _nearest(name: str, known: frozenset[str]) -> list[str]:
    """Returns the settings that are likeliest meant by a name that is none."""
    group, separator, field = name.rpartition("__")
    # A group that was renamed keeps the names of its fields.
    same_field = sorted(one for one in known if group and one.endswith(separator + field))
    return same_field or difflib.get_close_matches(name, known, n=1)
