"""The `fetch` command of both services, which downloads checkpoints and reports the result.

People read the terminal; programs read the result file and the progress port, whose contents
`fetch_report.py` makes.
"""

import argparse
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from huggingface_hub import get_token
from pydantic_settings import BaseSettings

from nemo_voice_serving.cli.fetch_report import FetchReport, Interrupted, redacted
from nemo_voice_serving.cli.progress_line import drawn_progress
from nemo_voice_serving.cli.progress_server import serving_progress
from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints, ProgressListener
from nemo_voice_serving.model_store.errors import REFUSALS, ModelStoreError
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.stored import StoredModel
from nemo_voice_serving.nemo.weights_check import code_in
from nemo_voice_serving.settings import ServiceSettings

ResolveCheckpoint = Callable[[Checkpoint, ProgressListener], StoredModel]
"""Returns a checkpoint's files, reporting progress: `Checkpoints.resolve`."""
JudgeCheckpoint = Callable[[Checkpoint, ProgressListener], None]
"""Judges a checkpoint before its download: `Checkpoints.judge`."""

REFUSED_STATUS = 3
"""Exit status where trying again is useless: the checkpoint itself is refused."""
_OPERANDS = "[--result FILE] [--progress-port N]"
_STOPS = (signal.SIGTERM, signal.SIGINT)
_LARGEST_PORT = 65535

logger = logging.getLogger(__name__)


def add_fetch_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    """Adds the command's flags and those of the settings."""
    add_result_flag(parser)
    parser.add_argument(
        "--progress-port",
        type=_port,
        metavar="N",
        help="while it runs, respond to GET on this port of all addresses with the progress",
    )
    add_settings_flags(parser, settings, operands=_OPERANDS)


def add_result_flag(parser: argparse.ArgumentParser) -> None:
    """Adds the flag that names the result file."""
    parser.add_argument(
        "--result",
        type=Path,
        metavar="FILE",
        help="write the result, success or failure, to this file as one JSON object",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: write 1 to {_LARGEST_PORT}")
    return int(text)


def fetch_command(
    parsed: argparse.Namespace, settings: ServiceSettings, checkpoints: Sequence[Checkpoint]
) -> int:
    """Fetches the checkpoints and returns the process's exit status."""
    ours = Checkpoints(settings, code_in=code_in)
    return run_fetch(
        checkpoints,
        ours.resolve,
        judge=ours.judge if len(checkpoints) > 1 else None,
        cache=settings.model_cache,
        result=parsed.result,
        progress_port=parsed.progress_port,
    )


def run_fetch(
    checkpoints: Sequence[Checkpoint],
    resolve: ResolveCheckpoint,
    *,
    cache: Path,
    judge: JudgeCheckpoint | None = None,
    result: Path | None = None,
    progress_port: int | None = None,
    use: Callable[[], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Fetches the checkpoints one after the other and returns the process's exit status.

    A signal ends the process with 128 plus its number, as shells count, so that a drained node is
    distinguished from a fetch that failed, which ends with 1, or with 3 where a refused checkpoint
    would be refused again.

    Args:
        checkpoints: The checkpoints to fetch.
        resolve: Fetches one.
        cache: The store's directory, as set.
        judge: Judges each before the first is fetched: whether they fit each other; one alone is
            judged while it arrives.
        result: The file for the result.
        progress_port: The port for the progress.
        use: Uses the checkpoints; it must succeed for the result to be a success.
        clock: Returns monotonic seconds.
    """
    secrets = (get_token() or "",)
    report = FetchReport(cache, checkpoints[0].role, clock, secrets)
    file = _open_result(result)
    try:
        with (
            _stop_signals() as ignore_signals,
            serving_progress(progress_port, report.progress),
            _written_result(report, file, ignore_signals),
        ):
            models = _fetch_all(checkpoints, resolve, judge, report)
            if use is not None:
                use()
    except ModelStoreError as error:
        _exit_with(error, secrets)
    except Interrupted as stop:
        sys.stderr.write(f"{stop}\n")
        return stop.exit_status
    for model in models:
        sys.stdout.write(f"{model.directory} {model.revision} sha256:{model.sha256}\n")
    return 0


def _exit_with(error: ModelStoreError, secrets: tuple[str, ...]) -> NoReturn:
    message = f"error: {redacted(str(error), secrets)}"
    if error.reason in REFUSALS:
        sys.stderr.write(f"{message}\n")
        sys.exit(REFUSED_STATUS)
    sys.exit(message)


def _fetch_all(
    checkpoints: Sequence[Checkpoint],
    resolve: ResolveCheckpoint,
    judge: JudgeCheckpoint | None,
    report: FetchReport,
) -> list[StoredModel]:
    draw = drawn_progress(sys.stderr)

    def listen(progress: Progress) -> None:
        report.progressed(progress)
        draw(progress)

    if judge is not None:
        for checkpoint in checkpoints:
            report.begin(checkpoint.role)
            judge(checkpoint, listen)
    models = []
    for checkpoint in checkpoints:
        report.begin(checkpoint.role)
        model = resolve(checkpoint, listen)
        report.finished(model)
        models.append(model)
    return models


def _open_result(result: Path | None) -> IO[bytes] | None:
    """Opens the result file first, so that a wrong path does not waste a long download."""
    if result is None:
        return None
    try:
        # In place: Kubernetes mounts this file itself, and a mounted file cannot be replaced.
        return result.open("wb", buffering=0)
    except OSError as error:
        sys.exit(f"error: the result cannot be written to {result}: {error.strerror}")


@contextlib.contextmanager
def _stop_signals() -> Iterator[Callable[[], None]]:
    """Raises `Interrupted` at the first SIGTERM or SIGINT; yields a function that ends this.

    Needed in a container: the kernel ignores a SIGTERM that the first process does not handle.
    """
    is_armed = True

    def ignore() -> None:
        nonlocal is_armed
        is_armed = False

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if is_armed:
            ignore()  # a second signal must not cut the cleanup short
            raise Interrupted(signal.Signals(number).name, 128 + number)

    previous = {number: signal.getsignal(number) for number in _STOPS}
    try:
        for number in _STOPS:
            signal.signal(number, interrupt)
        yield ignore
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _written_result(
    report: FetchReport, file: IO[bytes] | None, ignore_signals: Callable[[], None]
) -> Iterator[None]:
    """Writes the result at the end of the block, after success and failure alike."""
    try:
        yield
    except BaseException as error:
        ignore_signals()
        try:
            _write(file, report.failure(error))
        except OSError as problem:
            logger.warning("result not written", extra={"error": problem.strerror})
        raise
    ignore_signals()
    try:
        _write(file, report.success())
    except OSError as problem:
        sys.exit(f"error: the result cannot be written: {problem.strerror}")


def _write(file: IO[bytes] | None, result: bytes) -> None:
    if file is not None:
        with file:
            file.write(result)
