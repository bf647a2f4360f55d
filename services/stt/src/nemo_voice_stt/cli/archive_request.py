"""The flags of `transcribe … --out FOLDER`, and the request that they make."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nemo_voice_stt.archive.errors import shown
from nemo_voice_stt.archive.folder import Ignored, recordings_in, recordings_of
from nemo_voice_stt.archive.manifest import MANIFEST_SUFFIXES, recordings_listed
from nemo_voice_stt.archive.names import TRANSCRIPTS
from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.archive.recording import Source
from nemo_voice_stt.captions.subtitles import (
    DEFAULT_RULES,
    MAX_LINE_CHARS,
    MAX_LINES,
    MIN_LINE_CHARS,
    SubtitleRules,
)

_ONLY_WITH_OUT = (
    "format",
    "language",
    "language_of_folder",
    "translate_to",
    "keywords",
    "max_line_chars",
    "max_lines",
    "keep_suffix",
)


class Contradiction(Exception):
    """The flags contradict each other, or the inputs; the message says how."""


@dataclass(frozen=True, slots=True)
class ArchiveRequest:
    """What the command line asks for."""

    inputs: tuple[Path, ...]
    out: Path
    options: ArchiveOptions
    keep_suffix: bool = False
    languages_of_folders: bool = False

    def recorded(self) -> dict[str, object]:
        """Returns what all outputs in one folder have in common, by the names of the flags."""
        return {
            **self.options.recorded(),
            "keep-suffix": self.keep_suffix,
            "language-of-folder": self.languages_of_folders,
        }

    def source(self, ignored: Ignored) -> Source:
        """Returns what finds the recordings.

        Args:
            ignored: Counts what a folder holds beside them.

        Raises:
            Contradiction: The inputs are neither one folder, nor one manifest, nor files.
        """
        first = self.inputs[0]
        if any(path.is_dir() for path in self.inputs):
            if len(self.inputs) > 1:
                raise Contradiction("name one folder, or files; for several folders, theirs")
            return partial(
                recordings_in,
                first,
                ignored,
                keep_suffix=self.keep_suffix,
                languages_of_folders=self.languages_of_folders,
            )
        if self.languages_of_folders:
            raise Contradiction("--language-of-folder needs a folder")
        if not any(path.suffix.lower() in MANIFEST_SUFFIXES for path in self.inputs):
            return partial(recordings_of, self.inputs, keep_suffix=self.keep_suffix)
        if len(self.inputs) > 1:
            raise Contradiction("name one manifest, or files")
        if first.resolve() == (self.out / TRANSCRIPTS).resolve():
            raise Contradiction(f"{shown(first)} would be overwritten; name another --out")
        return partial(recordings_listed, first, keep_suffix=self.keep_suffix)


def add_archive_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags."""
    flags = parser.add_argument_group(
        "with --out", "FILE... may be a folder, or a NeMo manifest, of any number of recordings"
    )
    flags.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write a file for each; go on where a run ended"
    )
    flags.add_argument(
        "--format",
        action="extend",
        nargs="+",
        type=_formats,
        metavar="FORMAT",
        help="json (default), srt, vtt or txt, or several of them",
    )
    flags.add_argument("--language", metavar="LANG", help="what is spoken, such as de or es-MX")
    flags.add_argument(
        "--language-of-folder",
        action="store_true",
        help="the nearest folder that is named for a language, such as de, says what is spoken",
    )
    flags.add_argument("--translate-to", metavar="LANG", help="write it in this language")
    flags.add_argument(
        "--keywords",
        action="append",
        metavar="WORDS",
        help="words and names to prefer to others that sound alike, separated by commas",
    )
    flags.add_argument(
        "--max-line-chars", type=_within(MIN_LINE_CHARS, MAX_LINE_CHARS), metavar="N",
        help="longest line of a subtitle; 42 if not set, 16 as wide as Chinese ones",
    )  # fmt: skip
    flags.add_argument(
        "--max-lines", type=_within(1, MAX_LINES), metavar="N",
        help=f"most lines of a subtitle; {DEFAULT_RULES.max_lines} if not set",
    )  # fmt: skip
    flags.add_argument(
        "--keep-suffix", action="store_true", help="write a.wav.json for a.wav, not a.json"
    )


def request_of(parsed: argparse.Namespace) -> ArchiveRequest | None:
    """Returns what the flags ask for; None if it is no archive, since there is no `--out`.

    Raises:
        Contradiction: Some need others, or exclude them.
    """
    if parsed.out is None:
        for name in _ONLY_WITH_OUT:
            if getattr(parsed, name):
                raise Contradiction(f"--{name.replace('_', '-')} needs --out")
        return None
    if parsed.live:
        raise Contradiction("--live writes no files: leave --out out")
    if not parsed.files:
        raise Contradiction("name a folder, a manifest or files")
    formats = dict.fromkeys(one for several in parsed.format or () for one in several)
    return ArchiveRequest(
        inputs=tuple(parsed.files),
        out=parsed.out,
        options=ArchiveOptions(
            formats=tuple(formats) or (OutputFormat.JSON,),
            language=parsed.language,
            translate_to=parsed.translate_to,
            keywords=tuple(parsed.keywords or ()),
            with_words=parsed.words,
            subtitle_rules=SubtitleRules(
                max_line_chars=parsed.max_line_chars,
                max_lines=parsed.max_lines or DEFAULT_RULES.max_lines,
            ),
        ),
        keep_suffix=parsed.keep_suffix,
        languages_of_folders=parsed.language_of_folder,
    )


def _formats(text: str) -> list[OutputFormat]:
    return list(_each_format(text))


def _each_format(text: str) -> Iterator[OutputFormat]:
    for name in text.split(","):
        try:
            yield OutputFormat(name)
        except ValueError as error:
            known = ", ".join(OutputFormat)
            raise argparse.ArgumentTypeError(f"{name!r} is none of {known}") from error


class _within:  # noqa: N801 reads as the type that it is for argparse
    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or not self._least <= int(text) <= self._most:
            message = f"{text!r} is not between {self._least} and {self._most}"
            raise argparse.ArgumentTypeError(message)
        return int(text)
