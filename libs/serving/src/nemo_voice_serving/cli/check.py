"""The `check` command of both services, which loads the model that `serve` would load.

It needs no GPU and no network, so that it can run while every GPU is in use: the operator runs it
before it replaces a pod. It computes nothing.
"""

import argparse
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic_settings import BaseSettings

from nemo_voice_serving.cli.fetch import add_result_flag, run_fetch
from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints
from nemo_voice_serving.model_store.errors import FailureReason, ModelArchiveRefused
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.stored import StoredModel
from nemo_voice_serving.nemo.weights_check import code_in
from nemo_voice_serving.settings import ServiceSettings

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)

_CPU = {"device": "cpu", "precision": "auto", "offline": True}
"""A CPU lacks some precisions, and the model must be in the cache already."""


def add_check_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    """Adds the command's flag and those of the settings."""
    add_result_flag(parser)
    add_settings_flags(parser, settings, operands="[--result FILE]")


def check_command(
    parsed: argparse.Namespace,
    settings: SettingsT,
    checkpoints: Sequence[Checkpoint],
    load: Callable[[SettingsT], object],
) -> int:
    """Reads the model's files completely, loads them on the CPU and returns the exit status.

    Args:
        parsed: The command's flags.
        settings: Those of `serve`.
        checkpoints: The checkpoints that they name.
        load: Loads the model for given settings; an error that it raises is the result.
    """
    here = settings.model_copy(update=_CPU)
    ours = Checkpoints(here, code_in=code_in)

    def resolve(checkpoint: Checkpoint, progress: Callable[[Progress], None]) -> StoredModel:
        model = ours.resolve(checkpoint, progress)
        refuse_damage(model.directory)
        return model

    return run_fetch(
        checkpoints,
        resolve,
        cache=here.model_cache,
        result=parsed.result,
        use=lambda: load(here),
    )


def refuse_damage(directory: Path) -> None:
    """Checks that all weights can be read and have their checksums.

    Raises:
        ModelArchiveRefused: Names the damaged file.
    """
    for weights in sorted(directory.rglob("*.ckpt")):
        try:
            with zipfile.ZipFile(weights) as archive:
                damaged = archive.testzip()
        except (zipfile.BadZipFile, EOFError) as error:
            damaged = str(error)
        if damaged is not None:
            raise ModelArchiveRefused(
                f"{weights.name} in {directory.name} is damaged ({damaged}).",
                advice="Remove that folder from the cache; the next fetch downloads it again.",
                reason=FailureReason.CACHE_DAMAGED,
            )
