"""The command line: `serve`, `say` without a server, `fetch` and `check` models, `grammars`."""

import argparse
import asyncio
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

from pydantic_settings import BaseSettings

from nemo_voice_serving.audio.encoding import pcm16
from nemo_voice_serving.cli.program import Command, Program, model_commands
from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.http.server import serve
from nemo_voice_tts import __version__
from nemo_voice_tts.app import SpeechService, build, fetch_voice
from nemo_voice_tts.model_files import model_of, vocoder_of
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.text.grammars import build_grammars, check_grammars, default_grammars
from nemo_voice_tts.text.normaliser import Normaliser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the process's exit status."""
    return PROGRAM.run(arguments)


def _normaliser(settings: TtsSettings) -> Normaliser:
    return Normaliser(settings.grammars or default_grammars(), workers=settings.normaliser_workers)


def _serve(_parsed: argparse.Namespace, settings: TtsSettings) -> int:
    app = build(settings, fetch_voice, _normaliser(settings))
    return serve(app, settings, port=settings.port)


def _add_say_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    parser.add_argument("text", help="what to say; - reads it from standard input")
    parser.add_argument("--out", type=Path, default=Path("voz_generada.wav"), metavar="FILE",
                        help="the WAV file to write (default: %(default)s)")  # fmt: skip
    add_settings_flags(parser, settings, operands="TEXT [--out FILE]")


def _say(parsed: argparse.Namespace, settings: TtsSettings) -> int:
    text = sys.stdin.read() if parsed.text == "-" else parsed.text
    seconds = asyncio.run(_speak(text, parsed.out, settings))
    sys.stdout.write(f"{parsed.out}: {seconds:.2f} s of speech\n")
    return 0


async def _speak(text: str, out: Path, settings: TtsSettings) -> float:
    async with SpeechService(settings, fetch_voice, _normaliser(settings)).running() as synthesis:
        pieces = synthesis.speak(text)
        first = await anext(pieces)  # before the file is written: the text may be refused
        with wave.open(str(out), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(synthesis.sample_rate_hz)
            file.writeframes(pcm16(first))
            async for piece in pieces:
                file.writeframes(pcm16(piece))
            return file.getnframes() / synthesis.sample_rate_hz


def _load(settings: TtsSettings) -> None:
    check_grammars(settings.grammars or default_grammars())
    fetch_voice(settings, lambda _: None)()


def _grammars(_parsed: argparse.Namespace, settings: TtsSettings) -> int:
    directory = settings.grammars or default_grammars()
    sys.stderr.write(f"compiling the text-normalisation grammars into {directory} (about 30 s) …\n")
    build_grammars(directory)
    sys.stdout.write(f"{directory}\n")
    return 0


PROGRAM = Program(
    package="nemo_voice_tts",
    description="Text to speech with NVIDIA NeMo.",
    version=__version__,
    settings=TtsSettings,
    commands=(
        Command("serve", "answer speech requests over HTTP", _serve),
        Command("say", "speak one text into a WAV file, without a server", _say, _add_say_flags),
        *model_commands(lambda settings: (model_of(settings), vocoder_of(settings)), _load),
        Command("grammars", "compile the text-normalisation grammars once", _grammars),
    ),
)

if __name__ == "__main__":
    sys.exit(main())
