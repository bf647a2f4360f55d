"""Flags that mirror the settings: every field becomes one, with its docstring as the help text.

Used by the services' `__main__`; a flag wins over the environment, which wins over the default.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from nemo_voice_serving.model_store.progress import Phase, Progress
from nemo_voice_serving.settings import PREFIX, UnknownVariable, check_environment

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def leaf_fields(settings: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Yields every scalar field of the settings with its path, nested groups flattened."""
    for name, field in settings.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            for path, inner in leaf_fields(group):
                yield (name, *path), inner
        else:
            yield (name,), field


def add_settings_flags(
    parser: argparse.ArgumentParser, settings: type[BaseSettings], *, operands: str = ""
) -> None:
    """Adds one flag for each field; an absent flag leaves the environment and the default alone."""
    group = parser.add_argument_group("settings", f"each is also read from {PREFIX}<NAME>")
    for path, field in leaf_fields(settings):
        default = "" if field.default in (None, "") else f" (default: {field.default})"
        group.add_argument(
            "--" + "-".join(path).replace("_", "-"),
            dest=".".join(path),
            default=argparse.SUPPRESS,
            metavar=_placeholder(field),
            help=f"{field.description or ''}{default}".replace("%", "%%"),
        )
    # Fifty flags would bury the two words that matter.
    parser.usage = " ".join([parser.prog, *operands.split(), "[SETTINGS]"])


def _placeholder(field: FieldInfo) -> str:
    kinds = get_args(field.annotation) or (field.annotation,)
    if all(isinstance(kind, str) for kind in kinds):
        return "{" + ",".join(kinds) + "}"
    names = {bool: "true|false", int: "N", float: "N", Path: "PATH"}
    return next((names[kind] for kind in kinds if kind in names), "TEXT")


def settings_from(arguments: argparse.Namespace, settings: type[SettingsT]) -> SettingsT:
    """Returns the settings from flags, environment and defaults, or exits with a clear message."""
    given: dict[str, Any] = {}
    paths = {".".join(path): path for path, _ in leaf_fields(settings)}
    for key, value in vars(arguments).items():
        if key in paths:
            *groups, leaf = paths[key]
            target = given
            for name in groups:
                target = target.setdefault(name, {})
            target[leaf] = value
    try:
        check_environment(settings, os.environ)
        return settings(**given)
    except UnknownVariable as error:
        sys.exit(f"error: {error}")
    except ValidationError as error:
        sys.exit("\n".join(f"error: {line}" for line in _complaints(error)))


def drawn_progress(stream: TextIO) -> Callable[[Progress], None]:
    """Returns a listener that draws a download's progress as one line, rewritten in place."""

    def draw(progress: Progress) -> None:
        total = progress.total_bytes
        share = f" of {total / 1e6:.1f} MB ({progress.done_bytes / total:4.0%})" if total else " MB"
        end = "\n" if progress.phase is Phase.DONE else ""
        line = (
            f"{progress.phase:12} {progress.done_bytes / 1e6:9.1f}{share} {progress.seconds:6.1f} s"
        )
        stream.write(f"\r\x1b[2K{line}{end}" if stream.isatty() else f"{line}\n")
        stream.flush()

    return draw


def _complaints(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        if not problem["loc"]:  # of several settings together
            yield problem["msg"]
            continue
        name = "-".join(str(part) for part in problem["loc"]).replace("_", "-")
        variable = PREFIX + "__".join(str(part) for part in problem["loc"]).upper()
        yield f"--{name} ({variable}): {problem['msg']}, got {problem['input']!r}"
