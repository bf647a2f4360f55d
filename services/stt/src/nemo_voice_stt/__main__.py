"""The command line: `serve`, `transcribe` without a server; `fetch`, `check`, `inspect` models."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic_settings import BaseSettings

from nemo_voice_serving.cli.program import Command, Program, model_commands
from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.server import serve
from nemo_voice_stt import __version__
from nemo_voice_stt.app import TranscriptionService, build, fetch_recogniser
from nemo_voice_stt.model_files import model_of
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.transcription import Transcription, TranscriptionInput


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the process's exit status."""
    return PROGRAM.run(arguments)


def _serve(_parsed: argparse.Namespace, settings: SttSettings) -> int:
    return serve(build(settings, fetch_recogniser), settings, port=settings.port)


def _add_transcribe_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="audio files")
    parser.add_argument("--words", action="store_true", help="print each word with its times")
    add_settings_flags(parser, settings, operands="FILE... [--words]")


def _transcribe(parsed: argparse.Namespace, settings: SttSettings) -> int:
    return asyncio.run(_transcribe_files(parsed.files, settings, with_words=parsed.words))


async def _transcribe_files(files: list[Path], settings: SttSettings, *, with_words: bool) -> int:
    failures = 0
    async with TranscriptionService(settings, fetch_recogniser).running() as transcription:
        if with_words and not transcription.abilities.word_times:
            sys.stderr.write("--words: the model gives no times of words\n")
            return 1
        for path in files:
            failures += await _transcribe_file(transcription, path, with_words=with_words)
    return 1 if failures else 0


async def _transcribe_file(transcription: Transcription, path: Path, *, with_words: bool) -> int:
    try:
        with path.open("rb") as file:
            recording = TranscriptionInput(file, needs_words=with_words)
            async for passage in transcription.passages(recording):
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


PROGRAM = Program(
    package="nemo_voice_stt",
    description="Speech to text with NVIDIA NeMo.",
    version=__version__,
    settings=SttSettings,
    commands=(
        Command("serve", "answer transcription requests over HTTP", _serve),
        Command(
            "transcribe",
            "transcribe audio files, without a server",
            _transcribe,
            _add_transcribe_flags,
        ),
        *model_commands(
            lambda settings: (model_of(settings),),
            lambda settings: fetch_recogniser(settings, lambda _: None)(),
        ),
    ),
)

if __name__ == "__main__":
    sys.exit(main())
