"""The command line: a server; speech and reading without one; models; grammars."""

import argparse
import asyncio
import json
import sys
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic_settings import BaseSettings

from nemo_voice_serving.audio.encoding import pcm16
from nemo_voice_serving.cli.program import Command, Program, model_commands
from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.server import serve
from nemo_voice_serving.model_store.errors import ModelStoreError
from nemo_voice_tts import __version__
from nemo_voice_tts.app import SpeechService, build, fetch_voice
from nemo_voice_tts.model_files import model_of, vocoder_of, voices_of
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.grammars import build_grammars, check_grammars, default_grammars
from nemo_voice_tts.text.languages import language_of, voice_language
from nemo_voice_tts.text.normaliser import Normaliser
from nemo_voice_tts.text.pronunciation_file import PronunciationFile
from nemo_voice_tts.text.reader import Reader
from nemo_voice_tts.text.reading import (
    DEFAULT_OPTIONS,
    Limits,
    ReadingOptions,
    ReadPhrase,
)
from nemo_voice_tts.text.structure.blocks import TextFormat


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
    parser.add_argument("--voice", help="who speaks, by a name that `voices` prints")
    add_settings_flags(parser, settings, operands="TEXT [--out FILE] [--voice VOICE]")


def _say(parsed: argparse.Namespace, settings: TtsSettings) -> int:
    text = sys.stdin.read() if parsed.text == "-" else parsed.text
    try:
        seconds = asyncio.run(_speak(text, parsed.voice, parsed.out, settings))
    except VoiceError as error:
        sys.exit(f"error: {error.message}")
    except OSError as error:
        if error.filename is None or Path(error.filename) != parsed.out:
            raise
        sys.exit(f"error: {parsed.out} cannot be written: {error.strerror or error}")
    sys.stdout.write(f"{parsed.out}: {seconds:.2f} s of speech\n")
    return 0


async def _speak(text: str, voice: str | None, out: Path, settings: TtsSettings) -> float:
    service = SpeechService(settings, fetch_voice, _normaliser(settings))
    async with service.running() as synthesis:
        options = ReadingOptions(settings.text_format, pronunciations=(service.pronunciations,))
        speaker = synthesis.voices.speaker(voice)
        pieces = synthesis.speak(text, speaker=speaker, options=options)
        first = await anext(pieces)  # before the file is written: the text may be refused
        with out.open("wb") as target, wave.open(target, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(synthesis.sample_rate_hz)
            file.writeframes(pcm16(first))
            async for piece in pieces:
                file.writeframes(pcm16(piece))
            return file.getnframes() / synthesis.sample_rate_hz


def _voices(_parsed: argparse.Namespace, settings: TtsSettings) -> int:
    try:
        voices = voices_of(settings)
    except ModelStoreError as error:
        sys.exit(f"error: {error}")
    for name in voices.names:
        sys.stdout.write(f"{name}\t{voices.speaker(name)}\n")
    return 0


def _add_read_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    add = parser.add_argument
    add("text", help="what to read; - reads it from standard input")
    add("--format", choices=[*TextFormat], help="how it is written (default: --text-format's)")
    add("--json", action="store_true", help="print each phrase's words, source, pause and pace")
    operands = "TEXT [--format FORMAT] [--language LANGUAGE] [--json]"
    add_settings_flags(parser, settings, operands=operands)


def _read(parsed: argparse.Namespace, settings: TtsSettings) -> int:
    text = sys.stdin.read() if parsed.text == "-" else parsed.text
    own = PronunciationFile(settings.pronunciations)
    text_format = TextFormat(parsed.format or settings.text_format)
    language = language_of(settings.language or DEFAULT_OPTIONS.language) or ENGLISH
    options = ReadingOptions(text_format, language.code)
    try:
        own.load()
        options = replace(options, pronunciations=(own.current,))
        phrases = Reader(settings.grammars).phrases(text, options, Limits(settings.phrase_chars))
    except VoiceError as error:
        sys.exit(f"error: {error.message}")
    for phrase in phrases:
        facts = json.dumps(_facts(phrase, text), ensure_ascii=False)
        sys.stdout.write(f"{facts if parsed.json else phrase.readable}\n")
    return 0


def _facts(phrase: ReadPhrase, text: str) -> dict[str, object]:
    start, end = phrase.span
    return {
        "text": phrase.readable,
        "written": text[start:end],
        "start": start,
        "end": end,
        "lead_seconds": phrase.lead_s,
        "pause_seconds": phrase.pause_s,
        "pace": phrase.pace,
    }


def _load(settings: TtsSettings) -> None:
    voice = fetch_voice(settings, lambda _: None)()
    if voice_language(voice.description.languages, settings.language).has_grammars:
        check_grammars(settings.grammars or default_grammars())
    PronunciationFile(settings.pronunciations).load(voice.check)


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
        Command("voices", "print the model's voices and their speakers", _voices),
        Command("read", "print what would be said of a text", _read, _add_read_flags),
        *model_commands(lambda settings: (model_of(settings), vocoder_of(settings)), _load),
        Command("grammars", "compile the text-normalisation grammars once", _grammars),
    ),
)

if __name__ == "__main__":
    sys.exit(main())
