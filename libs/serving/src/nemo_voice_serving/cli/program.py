"""The command line of a service: its commands, each with the settings as flags.

The services' `__main__` make a `Program` of the commands here and of their own.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from nemo_voice_serving.cli.check import add_check_flags, check_command
from nemo_voice_serving.cli.fetch import add_fetch_flags, fetch_command
from nemo_voice_serving.cli.inspect import add_inspect_flags, inspect_command
from nemo_voice_serving.cli.settings_flags import add_settings_flags, settings_from
from nemo_voice_serving.logs import configure_logging
from nemo_voice_serving.model_store.checkpoints import Checkpoint
from nemo_voice_serving.runtime.service import StartFailed
from nemo_voice_serving.settings import ServiceSettings

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)

AddFlags = Callable[[argparse.ArgumentParser, type[ServiceSettings]], None]
"""Adds a command's own flags and those of the settings."""


@dataclass(frozen=True, slots=True)
class Command(Generic[SettingsT]):
    """One command, and the function that runs it and returns the exit status."""

    name: str
    help: str
    run: Callable[[argparse.Namespace, SettingsT], int]
    add_flags: AddFlags = add_settings_flags


@dataclass(frozen=True, slots=True)
class Program(Generic[SettingsT]):
    """A package that is run by its commands."""

    package: str
    description: str
    version: str
    settings: type[SettingsT]
    commands: Sequence[Command[SettingsT]]

    def parser(self) -> argparse.ArgumentParser:
        """Returns the parser of every command."""
        parser = argparse.ArgumentParser(
            prog=f"python -m {self.package}", description=self.description
        )
        parser.add_argument("--version", action="version", version=self.version)
        commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
        for command in self.commands:
            command.add_flags(commands.add_parser(command.name, help=command.help), self.settings)
        return parser

    def run(self, arguments: Sequence[str] | None = None) -> int:
        """Runs one command and returns the process's exit status."""
        parsed = self.parser().parse_args(arguments)
        settings = settings_from(parsed, self.settings)
        configure_logging(settings.log_level, settings.log_style)
        [run] = [command.run for command in self.commands if command.name == parsed.command]
        try:
            return run(parsed, settings)
        except StartFailed as error:
            sys.exit(f"error: {error}")


def model_commands(
    checkpoints: Callable[[SettingsT], Sequence[Checkpoint]], load: Callable[[SettingsT], object]
) -> tuple[Command[SettingsT], ...]:
    """Returns the commands `fetch`, `check` and `inspect`.

    Args:
        checkpoints: Returns the checkpoints that the settings name.
        load: Loads the model as the settings say.
    """

    def fetch(parsed: argparse.Namespace, settings: SettingsT) -> int:
        return fetch_command(parsed, settings, checkpoints(settings))

    def check(parsed: argparse.Namespace, settings: SettingsT) -> int:
        return check_command(parsed, settings, checkpoints(settings), load)

    def inspect(parsed: argparse.Namespace, settings: SettingsT) -> int:
        return inspect_command(parsed, settings, checkpoints)

    return (
        Command("fetch", "download, verify and unpack the model files", fetch, add_fetch_flags),
        Command("check", "load the model on the CPU and report", check, add_check_flags),
        Command("inspect", "say what a checkpoint is", inspect, add_inspect_flags),
    )
