"""Archives of short recordings, and `transcribe … --out` of them over a fake recogniser."""

import argparse
import json
import resource
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nemo_voice_stt.app import TranscriptionService
from nemo_voice_stt.archive.errors import SinkFailed
from nemo_voice_stt.archive.sink import WriteLine
from nemo_voice_stt.cli.archive import StartService, transcribe_archive
from nemo_voice_stt.cli.archive_request import Contradiction, add_archive_flags, request_of
from nemo_voice_stt.settings import SttSettings
from support.http.transcribing import clip
from support.models.fakes import FakeRecogniser
from support.models.live import loud_detector

OWN = {"nemo-voice-run.json", "failed.jsonl", "transcripts.jsonl"}


def archive(folder: Path, *names: str, seconds: float = 0.5) -> Path:
    """Writes a recording for each name, and returns the folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(clip(seconds))
    return folder


def manifest(path: Path, *rows: dict[str, Any]) -> Path:
    """Writes a manifest of these rows, and returns its path."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def starting(recogniser: FakeRecogniser | None = None) -> StartService:
    """Returns what makes a service whose model is there at once."""
    made = recogniser or FakeRecogniser()
    return lambda settings: TranscriptionService(
        settings, lambda _settings, _progress: lambda: made, loud_detector
    )


def run(
    arguments: Sequence[str | Path],
    recogniser: FakeRecogniser | None = None,
    start: StartService | None = None,
    settings: Mapping[str, object] | None = None,
) -> int:
    """Runs the command with these arguments, and returns its exit status."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--live", action="store_true")
    add_archive_flags(parser)
    try:
        request = request_of(parser.parse_args([str(one) for one in arguments]))
    except Contradiction:
        return 2
    assert request is not None
    given = SttSettings.model_validate(settings or {})
    return transcribe_archive(request, given, start or starting(recogniser))


@contextmanager
def files_of_at_most(count: int) -> Iterator[None]:
    """Lets this process write no file longer than that: as a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def outputs_in(folder: Path) -> set[str]:
    """Returns the names of all files below a folder, but for the program's own three."""
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return files - OWN


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Returns the rows of a manifest."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class FakeSink:
    """Outputs in the memory, which may fill up."""

    def __init__(self, *there: str, folds_case: bool = False, room: int = 1 << 30) -> None:
        """Takes the names that are there, and how many bytes more may be."""
        self.files = dict.fromkeys(there, b"")
        self.folds_case = folds_case
        self._room = room

    def has(self, name: str) -> bool:
        """Returns whether it is there."""
        return name in self.files

    def read(self, name: str) -> bytes | None:
        """Returns it."""
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        """Keeps it, if there is room."""
        if len(data) > self._room:
            raise SinkFailed(f"{name} cannot be written: No space left on device")
        self._room -= len(data)
        self.files[name] = data

    @contextmanager
    def growing(self, name: str) -> Iterator[WriteLine]:
        """Keeps each line."""
        self.write(name, b"")
        yield lambda line: self.write(name, self.files[name] + line)

    @contextmanager
    def replaced(self, name: str) -> Iterator[WriteLine]:
        """Keeps the lines once there are all."""
        lines: list[bytes] = []
        yield lines.append
        self.write(name, b"".join(lines))
