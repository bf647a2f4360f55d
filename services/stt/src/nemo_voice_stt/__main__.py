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
from nemo_voice_stt.cli.archive import transcribe_archive
from nemo_voice_stt.cli.archive_request import Contradiction, add_archive_flags, request_of
from nemo_voice_stt.cli.live import transcribe_live
from nemo_voice_stt.cli.sound_input import NoSound, recorder
from nemo_voice_stt.model_files import model_of
from nemo_voice_stt.realtime.audio_format import MAX_RATE_HZ, MIN_RATE_HZ
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.transcription import Transcription, TranscriptionInput

_RATE_HZ = 16_000
_STANDARD_INPUT = Path("-")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the process's exit status."""
    return PROGRAM.run(arguments)


def _serve(_parsed: argparse.Namespace, settings: SttSettings) -> int:
    return serve(build(settings, fetch_recogniser), settings, port=settings.port)


def _add_transcribe_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="audio files")
    parser.add_argument("--words", action="store_true", help="print each word with its times")
    parser.add_argument(
        "--live",
        action="store_true",
        help="transcribe speech while it is spoken: of the microphone, or with - for FILE of the"
        " standard input, which is a WAV file or 16-bit mono samples; Ctrl-C ends it",
    )
    parser.add_argument(
        "--rate",
        type=int,
        default=_RATE_HZ,
        metavar="HZ",
        help=f"samples a second of live audio without a header (default: {_RATE_HZ})",
    )
    add_archive_flags(parser)
    operands = "FILE... [--words] | FOLDER|MANIFEST|FILE... --out FOLDER | --live [-] [--rate HZ]"
    add_settings_flags(parser, settings, operands=operands)


def _transcribe(parsed: argparse.Namespace, settings: SttSettings) -> int:
    try:
        request = request_of(parsed)
    except Contradiction as error:
        sys.stderr.write(f"transcribe: {error}\n")
        return 2
    if request is not None:
        return transcribe_archive(
            request, settings, lambda made: TranscriptionService(made, fetch_recogniser)
        )
    if problem := _problem_of(parsed):
        sys.stderr.write(f"transcribe: {problem}\n")
        return 2
    if parsed.live:
        return asyncio.run(_transcribe_live(parsed, settings))
    return asyncio.run(_transcribe_files(parsed.files, settings, with_words=parsed.words))


def _problem_of(parsed: argparse.Namespace) -> str | None:
    """Returns what is wrong with the arguments; None if nothing is."""
    if not parsed.live:
        if any(path.is_dir() for path in parsed.files):
            return "a folder needs --out, which names the folder of its transcripts"
        return None if parsed.files else "name audio files, or --live for speech as it is spoken"
    if parsed.files not in ([], [_STANDARD_INPUT]):
        return "--live takes - for the standard input, or nothing for the microphone"
    if parsed.files and sys.stdin.isatty():
        return "--live -: pipe a WAV file or 16-bit mono samples into it"
    if not MIN_RATE_HZ <= parsed.rate <= MAX_RATE_HZ:
        return f"--rate: {parsed.rate} is not between {MIN_RATE_HZ} and {MAX_RATE_HZ}"
    return None


async def _transcribe_live(parsed: argparse.Namespace, settings: SttSettings) -> int:
    try:
        command = None if parsed.files else recorder(parsed.rate)  # before the model is loaded
        service = TranscriptionService(settings, fetch_recogniser)
        async with service.running() as transcription:
            if parsed.words and not transcription.abilities.word_times:
                return _has_no_times()
            return await transcribe_live(
                service.live(), command, rate_hz=parsed.rate, with_words=parsed.words
            )
    except (NoSound, VoiceError) as error:
        sys.stderr.write(f"transcribe: {error}\n")
    except BrokenPipeError:
        pass  # nobody reads any more
    return 1


def _has_no_times() -> int:
    sys.stderr.write("--words: the model gives no times of words\n")
    return 1


async def _transcribe_files(files: list[Path], settings: SttSettings, *, with_words: bool) -> int:
    failures = 0
    async with TranscriptionService(settings, fetch_recogniser).running() as transcription:
        if with_words and not transcription.abilities.word_times:
            return _has_no_times()
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
            "transcribe audio files, or live speech, without a server",
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
