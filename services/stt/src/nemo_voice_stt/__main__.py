"""The command line: `serve`, `transcribe` without a server, `fetch` and `check` the model."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from nemo_voice_serving.cli.check import add_check_flags, check_command
from nemo_voice_serving.cli.fetch import add_fetch_flags, fetch_command
from nemo_voice_serving.cli.settings_flags import add_settings_flags, settings_from
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.server import serve
from nemo_voice_serving.logs import configure_logging
from nemo_voice_serving.runtime.service import StartFailed
from nemo_voice_stt import __version__
from nemo_voice_stt.app import TranscriptionService, build, open_recogniser
from nemo_voice_stt.model_files import model_of
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.transcription import Transcription, TranscriptionInput


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the process's exit status."""
    parsed = _parser().parse_args(arguments)
    settings = settings_from(parsed, SttSettings)
    configure_logging(settings.log_level, settings.log_style)
    commands: dict[str, Callable[[argparse.Namespace, SttSettings], int]] = {
        "serve": _serve,
        "transcribe": _transcribe,
        "fetch": _fetch,
        "check": _check,
    }
    return commands[parsed.command](parsed, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nemo_voice_stt", description="Speech to text with NVIDIA NeMo."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="answer transcription requests over HTTP")
    hearing = commands.add_parser("transcribe", help="transcribe audio files, without a server")
    hearing.add_argument("files", nargs="+", type=Path, metavar="FILE", help="audio files")
    hearing.add_argument("--words", action="store_true", help="print each word with its times")
    fetching = commands.add_parser("fetch", help="download, verify and unpack the model files")
    checking = commands.add_parser("check", help="load the model on the CPU, as a proof")
    add_settings_flags(serving, SttSettings)
    add_settings_flags(hearing, SttSettings, operands="FILE... [--words]")
    add_fetch_flags(fetching, SttSettings)
    add_check_flags(checking, SttSettings)
    return parser


def _serve(_parsed: argparse.Namespace, settings: SttSettings) -> int:
    app = build(settings, open_recogniser)
    service: TranscriptionService = app.state.service
    return serve(app, lifecycle=service.runtime.lifecycle, settings=settings, port=settings.port)


def _transcribe(parsed: argparse.Namespace, settings: SttSettings) -> int:
    try:
        return asyncio.run(_transcribe_files(parsed.files, settings, with_words=parsed.words))
    except StartFailed as error:
        sys.exit(f"error: {error}")


async def _transcribe_files(files: list[Path], settings: SttSettings, *, with_words: bool) -> int:
    service = TranscriptionService(settings, open_recogniser)
    failures = 0
    async with service.running() as transcription:
        for path in files:
            failures += await _transcribe_file(transcription, path, with_words=with_words)
    return 1 if failures else 0


async def _transcribe_file(transcription: Transcription, path: Path, *, with_words: bool) -> int:
    try:
        with path.open("rb") as file:
            async for passage in transcription.passages(TranscriptionInput(file)):
                lines = [
                    f"{word.start_s:9.2f} {word.end_s:9.2f} {word.text}" for word in passage.words
                ]
                text = "\n".join(lines) if with_words else passage.text
                sys.stdout.write(f"{text}\n" if text else "")
                sys.stdout.flush()
    except (VoiceError, OSError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 1
    return 0


def _fetch(parsed: argparse.Namespace, settings: SttSettings) -> int:
    return fetch_command(parsed, settings, (model_of(settings),))


def _check(parsed: argparse.Namespace, settings: SttSettings) -> int:
    return check_command(
        parsed,
        settings,
        (model_of(settings),),
        lambda here: open_recogniser(here, lambda _: None).load(),
    )


if __name__ == "__main__":
    sys.exit(main())
