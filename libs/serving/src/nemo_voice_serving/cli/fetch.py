"""The `fetch` command of both services: bring the checkpoints, and report to who started it.

People read the terminal; programs read the result's file and the progress port, whose contents
`model_report` makes. Called by the services' `__main__`.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from huggingface_hub import get_token
from pydantic_settings import BaseSettings

from nemo_voice_serving.cli.fetch_report import FetchReport, Interrupted, redacted
from nemo_voice_serving.cli.progress_line import drawn_progress
from nemo_voice_serving.cli.progress_server import answering
from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.model_store.checkpoints import Checkpoint, resolve_checkpoint
from nemo_voice_serving.model_store.errors import ModelStoreError
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.store import StoredModel
from nemo_voice_serving.nemo.weights_check import code_in
from nemo_voice_serving.settings import ServiceSettings

ResolveCheckpoint = Callable[[Checkpoint, Callable[[Progress], None]], StoredModel]
"""Returns a checkpoint's files, reporting progress: `resolve_checkpoint` with its settings."""

_OPERANDS = "[--result FILE] [--progress-port N]"
_STOPS = (signal.SIGTERM, signal.SIGINT)
_LARGEST_PORT = 65535

logger = logging.getLogger(__name__)


def add_fetch_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    """Adds the command's own flags and those of the settings."""
    add_result_flag(parser)
    parser.add_argument(
        "--progress-port",
        type=_port,
        metavar="N",
        help="while it runs, answer GET on this port of all addresses with how far it is",
    )
    add_settings_flags(parser, settings, operands=_OPERANDS)


def add_result_flag(parser: argparse.ArgumentParser) -> None:
    """Adds the flag that names the result's file."""
    parser.add_argument(
        "--result",
        type=Path,
        metavar="FILE",
        help="write what came of it, good or bad, to this file as one JSON object",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write 1 to {_LARGEST_PORT}")
    return int(text)


def fetch_command(
    parsed: argparse.Namespace, settings: ServiceSettings, checkpoints: Sequence[Checkpoint]
) -> int:
    """Brings what the settings name and returns the process's exit status."""
    return run_fetch(
        checkpoints,
        partial(resolve_checkpoint, settings, code_in=code_in),
        cache=settings.model_cache,
        result=parsed.result,
        progress_port=parsed.progress_port,
    )


def run_fetch(
    checkpoints: Sequence[Checkpoint],
    resolve: ResolveCheckpoint,
    *,
    cache: Path,
    result: Path | None = None,
    progress_port: int | None = None,
    use: Callable[[], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Brings the checkpoints one after the other and returns the process's exit status.

    A process that was told to stop ends with 128 and the signal's number, as shells count: a
    drained node is told apart from a fetch that failed, which ends with 1.

    Args:
        checkpoints: What to bring.
        resolve: What brings one.
        cache: The store's directory, as set.
        result: The file that is told what came of it.
        progress_port: The port that tells how far it is.
        use: What has to succeed with all of them before the result is a good one.
        clock: Seconds that only grow.
    """
    secrets = (get_token() or "",)
    report = FetchReport(cache, checkpoints[0].role, clock, secrets)
    file = _opened(result)
    try:
        with (
            _StopSignals() as signals,
            answering(progress_port, report.progress),
            _Ending(report, file, signals),
        ):
            models = _bring(checkpoints, resolve, report)
            if use is not None:
                use()
    except ModelStoreError as error:
        sys.exit(f"error: {redacted(str(error), secrets)}")
    except Interrupted as stop:
        sys.stderr.write(f"{stop}\n")
        return stop.exit_status
    for model in models:
        sys.stdout.write(f"{model.directory} {model.revision} sha256:{model.sha256}\n")
    return 0


def _bring(
    checkpoints: Sequence[Checkpoint], resolve: ResolveCheckpoint, report: FetchReport
) -> list[StoredModel]:
    draw = drawn_progress(sys.stderr)

    def told(progress: Progress) -> None:
        report.progressed(progress)
        draw(progress)

    models = []
    for checkpoint in checkpoints:
        report.begin(checkpoint.role)
        model = resolve(checkpoint, told)
        report.brought(model)
        models.append(model)
    return models


def _opened(result: Path | None) -> IO[bytes] | None:
    """Opens the result's file before the work, so that hours of it are not done for nothing."""
    if result is None:
        return None
    try:
        # In place: Kubernetes mounts this file itself, and a mounted file cannot be replaced.
        return result.open("wb", buffering=0)
    except OSError as error:
        sys.exit(f"error: the result cannot be written to {result}: {error.strerror}")


class _StopSignals:
    """Turns the first signal to stop into `Interrupted`, until they are to be ignored.

    Needed in a container: its first process is not ended by a SIGTERM that it does not handle.
    """

    def __init__(self) -> None:
        self._is_armed = True
        self._previous = {number: signal.getsignal(number) for number in _STOPS}

    def __enter__(self) -> Self:
        for number in _STOPS:
            signal.signal(number, self._told)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def ignore(self) -> None:
        """Lets what follows finish."""
        self._is_armed = False

    def _told(self, number: int, _frame: FrameType | None) -> None:
        if self._is_armed:
            self.ignore()  # the cleaning up that begins now is not to be cut short
            raise Interrupted(signal.Signals(number).name, 128 + number)


class _Ending:
    """Writes the result whichever way the work inside ends."""

    def __init__(self, report: FetchReport, file: IO[bytes] | None, signals: _StopSignals) -> None:
        self._report = report
        self._file = file
        self._signals = signals

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._signals.ignore()
        if self._file is None:
            return
        try:
            with self._file as file:
                file.write(self._report.success() if error is None else self._report.failure(error))
        except OSError as problem:
            if error is None:
                sys.exit(f"error: the result cannot be written: {problem.strerror}")
            logger.warning("result not written", extra={"error": problem.strerror})
