"""Command-line flags for settings: pydantic-settings' own, spelt as the documentation spells them.

Every field is a flag with its docstring as the help text. A flag is read as its environment
variable would be and wins over it; the variable wins over the default.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, CliSettingsSource, SettingsError

from nemo_voice_serving.environment import UnknownVariable, check_environment
from nemo_voice_serving.setting_fields import leaf_fields, range_of
from nemo_voice_serving.settings import PREFIX

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def add_settings_flags(
    parser: argparse.ArgumentParser, settings: type[BaseSettings], *, operands: str = ""
) -> None:
    """Adds a flag for each field; without the flag, the environment or the default decides."""
    source: CliSettingsSource[Any] = CliSettingsSource(
        settings,
        root_parser=parser,
        add_argument_method=_add_flag,
        cli_kebab_case=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )
    parser.set_defaults(settings_source=source)
    # The usage line would list fifty flags and hide the operands among them.
    parser.usage = " ".join([parser.prog, *operands.split(), "[SETTINGS]"])
    parser.epilog = f"Each setting is also read from {PREFIX}<NAME>; a flag wins."


def _add_flag(parser: Any, *names: str, **options: Any) -> None:
    """Adds the flag as `--group-name`, with one text as its value, as in the environment."""
    if options.get("action") == "append":
        del options["action"]
    parser.add_argument(*(name.replace(".", "-") for name in names), **options)


def settings_from(arguments: argparse.Namespace, settings: type[SettingsT]) -> SettingsT:
    """Returns the settings from flags, environment and defaults, or exits with a clear message."""
    source: CliSettingsSource[Any] = arguments.settings_source
    try:
        check_environment(settings, os.environ)
        return settings(_cli_settings_source=source(parsed_args=vars(arguments)))
    except (UnknownVariable, SettingsError) as error:
        sys.exit(f"error: {error}")
    except ValidationError as error:
        sys.exit("\n".join(f"error: {line}" for line in _complaints(error, settings)))


def _complaints(error: ValidationError, settings: type[BaseSettings]) -> Iterator[str]:
    ranges = {path: range_of(field) for path, field in leaf_fields(settings)}
    for problem in error.errors():
        if not problem["loc"]:  # of several settings together
            yield problem["msg"]
            continue
        name = "-".join(str(part) for part in problem["loc"]).replace("_", "-")
        variable = PREFIX + "__".join(str(part) for part in problem["loc"]).upper()
        allowed = ranges.get(tuple(map(str, problem["loc"])))
        hint = f"; it must be {allowed}" if allowed else ""
        yield f"--{name} ({variable}): {problem['msg']}, got {problem['input']!r}{hint}"
