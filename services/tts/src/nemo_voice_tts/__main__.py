"""The command line: a server; speech and reading without one; models; grammars."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pydantic_settings import BaseSettings

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.cli.audio_output import (
    STANDARD_OUTPUT,
    SpeechStream,
    SpeechWriter,
    speech_file,
    standard_output,
)
from nemo_voice_serving.cli.program import Command, Program, model_commands
from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.server import serve
from nemo_voice_serving.model_store.errors import ModelStoreError
from nemo_voice_tts import __version__
from nemo_voice_tts.app import SpeechService, build, fetch_voice, live_texts
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.live_text.events import Failed, Sound
from nemo_voice_tts.live_text.feeding import feed
from nemo_voice_tts.live_text.live_texts import LiveTexts
from nemo_voice_tts.live_text.options import LiveTextOptions
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
    add = parser.add_argument
    add("text", help="what to say; - speaks standard input while it is written")
    add("--out", type=Path, default=Path("voz_generada.wav"), metavar="FILE",
        help="the WAV file to write, - for standard output (default: %(default)s)")  # fmt: skip
    add("--raw", action="store_true", help="to standard output: 16-bit samples without a header")
    add("--voice", help="who speaks, by a name that `voices` prints")
    add_settings_flags(parser, settings, operands="TEXT [--out FILE] [--raw] [--voice VOICE]")


def _say(parsed: argparse.Namespace, settings: TtsSettings) -> int:
    out: Path = parsed.out
    try:
        if out == STANDARD_OUTPUT:
            with standard_output() as target:
                seconds = asyncio.run(_speak(parsed, settings, target))
        else:
            seconds = asyncio.run(_speak(parsed, settings))
    except VoiceError as error:
        sys.exit(f"error: {error.message}")
    except BrokenPipeError:
        sys.exit("error: standard output was closed before the end of the speech")
    except OSError as error:
        if error.filename is None or Path(error.filename) != out:
            raise
        sys.exit(f"error: {out} cannot be written: {error.strerror or error}")
    if out != STANDARD_OUTPUT:
        sys.stdout.write(f"{out}: {seconds:.2f} s of speech\n")
    return 0


async def _speak(
    parsed: argparse.Namespace, settings: TtsSettings, target: BinaryIO | None = None
) -> float:
    """Returns how many seconds were spoken, into the file of the flags or into a stream."""
    service = SpeechService(settings, fetch_voice, _normaliser(settings))
    async with service.running() as synthesis:
        reading = ReadingOptions(settings.text_format, pronunciations=(service.pronunciations,))
        speaker = synthesis.voices.speaker(parsed.voice)
        if parsed.text == "-":
            options = LiveTextOptions(speaker=speaker, reading=reading)
            pieces = _spoken_input(live_texts(service, settings), options)
        else:
            pieces = synthesis.speak(parsed.text, speaker=speaker, options=reading)
        rate_hz, count = synthesis.sample_rate_hz, 0
        async with aclosing(pieces):
            first = await anext(pieces)  # before a file is made: the text may be refused
            with _writer(parsed, rate_hz, target) as writer:
                writer.write(first)
                count = len(first)
                async for piece in pieces:
                    writer.write(piece)
                    count += len(piece)
        return count / rate_hz


@contextmanager
def _writer(
    parsed: argparse.Namespace, rate_hz: int, target: BinaryIO | None
) -> Iterator[SpeechWriter]:
    if target is not None:
        yield SpeechStream(target, rate_hz, is_raw=parsed.raw)
        return
    with speech_file(parsed.out, rate_hz) as writer:
        yield writer


async def _spoken_input(
    texts: LiveTexts, options: LiveTextOptions
) -> AsyncGenerator[Samples, None]:
    """Yields the speech of standard input while it is written."""
    session = texts.open(options)
    feeding = asyncio.create_task(feed(session, sys.stdin.buffer))
    has_spoken = False
    try:
        async for event in session.events():
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Sound):
                has_spoken = True
                yield event.samples
        await feeding
        if not has_spoken:
            raise UnspeakableText("The text is empty, or holds nothing that can be said.")
    finally:
        feeding.cancel()
        await session.close()


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
