"""The command line: `serve`, `say` without a server, `fetch` and `check` models, `grammars`."""

import argparse
import asyncio
import sys
import wave
from collections.abc import Callable
from pathlib import Path

from nemo_voice_serving.audio.encoding import pcm16
from nemo_voice_serving.cli.check import add_check_flags, check_command
from nemo_voice_serving.cli.fetch import add_fetch_flags, fetch_command
from nemo_voice_serving.cli.settings_flags import add_settings_flags, settings_from
from nemo_voice_serving.http.server import serve
from nemo_voice_serving.logs import configure_logging
from nemo_voice_serving.runtime.service import StartFailed
from nemo_voice_tts import __version__
from nemo_voice_tts.app import SpeechService, build, open_voice
from nemo_voice_tts.model_files import model_of, vocoder_of
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.text.grammars import build_grammars, check_grammars, default_grammars
from nemo_voice_tts.text.normaliser import Normaliser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the process's exit status."""
    parsed = _parser().parse_args(arguments)
    settings = settings_from(parsed, TtsSettings)
    configure_logging(settings.log_level, settings.log_style)
    commands: dict[str, Callable[[argparse.Namespace, TtsSettings], int]] = {
        "serve": _serve,
        "say": _say,
        "fetch": _fetch,
        "check": _check,
        "grammars": _grammars,
    }
    return commands[parsed.command](parsed, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nemo_voice_tts", description="Text to speech with NVIDIA NeMo."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="answer speech requests over HTTP")
    saying = commands.add_parser("say", help="speak one text into a WAV file, without a server")
    saying.add_argument("text", help="what to say; - reads it from standard input")
    saying.add_argument("--out", type=Path, default=Path("voz_generada.wav"), metavar="FILE",
                        help="the WAV file to write (default: %(default)s)")  # fmt: skip
    fetching = commands.add_parser("fetch", help="download, verify and unpack the model files")
    checking = commands.add_parser("check", help="load the models on the CPU, as a proof")
    building = commands.add_parser("grammars", help="compile the text-normalisation grammars once")
    add_settings_flags(serving, TtsSettings)
    add_settings_flags(saying, TtsSettings, operands="TEXT [--out FILE]")
    add_fetch_flags(fetching, TtsSettings)
    add_check_flags(checking, TtsSettings)
    add_settings_flags(building, TtsSettings)
    return parser


def _normaliser(settings: TtsSettings) -> Normaliser:
    return Normaliser(settings.grammars or default_grammars(), workers=settings.normaliser_workers)


def _serve(_parsed: argparse.Namespace, settings: TtsSettings) -> int:
    app = build(settings, open_voice, _normaliser(settings))
    service: SpeechService = app.state.service
    return serve(app, lifecycle=service.runtime.lifecycle, settings=settings, port=settings.port)


def _say(parsed: argparse.Namespace, settings: TtsSettings) -> int:
    text = sys.stdin.read() if parsed.text == "-" else parsed.text
    try:
        seconds = asyncio.run(_speak(text, parsed.out, settings))
    except StartFailed as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(f"{parsed.out}: {seconds:.2f} s of speech\n")
    return 0


async def _speak(text: str, out: Path, settings: TtsSettings) -> float:
    service = SpeechService(settings, open_voice, _normaliser(settings))
    async with service.running() as synthesis:
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


def _fetch(parsed: argparse.Namespace, settings: TtsSettings) -> int:
    return fetch_command(parsed, settings, (model_of(settings), vocoder_of(settings)))


def _check(parsed: argparse.Namespace, settings: TtsSettings) -> int:
    checkpoints = (model_of(settings), vocoder_of(settings))
    return check_command(parsed, settings, checkpoints, _load)


def _load(settings: TtsSettings) -> None:
    check_grammars(settings.grammars or default_grammars())
    open_voice(settings, lambda _: None).load()


def _grammars(_parsed: argparse.Namespace, settings: TtsSettings) -> int:
    directory = settings.grammars or default_grammars()
    sys.stderr.write(f"compiling the text-normalisation grammars into {directory} (about 30 s) …\n")
    build_grammars(directory)
    sys.stdout.write(f"{directory}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
