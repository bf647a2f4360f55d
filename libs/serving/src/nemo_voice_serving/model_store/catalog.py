"""The stored models as folders on disk, and how a new one is published atomically.

```
<root>/<host>--<owner>--<name>@<commit or sha256>/   the checkpoint's files and model.json
<root>/.locks/<host>--<owner>--<name>.lock           held while that model is being fetched
<root>/.work/<host>--<owner>--<name>/                a partial download, and unpacked files
```
"""

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from nemo_voice_serving.model_store.archive import RECORD_NAME
from nemo_voice_serving.model_store.disk import locked, locked_if_free, sync_directory
from nemo_voice_serving.model_store.reference import ModelReference, is_commit

logger = logging.getLogger(__name__)

_KEEP_DOWNLOADS_S = 7 * 24 * 3600
"""A partial download that was not resumed for a week is removed."""


def _now() -> datetime:
    return datetime.now(tz=UTC)


class ModelRecord(BaseModel):
    """The facts about a stored model: the content of its `model.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    source: str
    requested_revision: str | None
    """The revision as it was requested: a branch, a tag, a commit or none."""
    revision: str
    """The commit, or the digest where the source has no commits."""
    sha256: str
    """Digest of the .nemo file."""
    size_bytes: int
    """Size of the .nemo file."""
    seconds: float
    """How long fetching it took."""
    version: str | None
    """The source's name for this content: an ETag or Last-Modified, or a local file's stamp."""
    files: dict[str, int]
    """The unpacked files and their sizes."""
    fetched_at: AwareDatetime = Field(default_factory=_now)


@dataclass(frozen=True)
class CatalogEntry:
    """A stored model, complete and ready to load."""

    directory: Path
    record: ModelRecord


def entry_at(directory: Path) -> CatalogEntry | None:
    """Returns the model in the directory, or None when it is absent or incomplete."""
    try:
        record = ModelRecord.model_validate_json((directory / RECORD_NAME).read_bytes())
        for name, size_bytes in record.files.items():
            if (directory / name).stat().st_size != size_bytes:
                return None
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
    return CatalogEntry(directory, record)


def pinned(reference: ModelReference, entries: list[CatalogEntry]) -> CatalogEntry | None:
    """Returns the stored model that a commit or digest in the reference identifies."""
    by_commit = is_commit(reference.revision)
    for entry in entries:
        known = entry.record.revision if by_commit else entry.record.sha256
        if known == (reference.revision if by_commit else reference.sha256):
            return entry
    return None


def newest(reference: ModelReference, entries: list[CatalogEntry]) -> CatalogEntry | None:
    """Returns the stored model that the reference meant at its last resolve."""
    if reference.sha256 is not None:
        return None  # a stored one would have been found by its digest
    matching = (
        entry for entry in entries if reference.revision in {None, entry.record.requested_revision}
    )
    return next(matching, None)


class ModelCatalog:
    """The models below one root. Lookups never write, so that a read-only root works."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, identity: str, revision: str) -> CatalogEntry | None:
        """Returns this model at this revision."""
        return entry_at(self._directory(identity, revision))

    def entries(self, identity: str, source: str) -> list[CatalogEntry]:
        """Returns every stored revision of this model, the newest first."""
        found = (entry_at(path) for path in self.root.glob(f"{identity}@*"))
        mine = [entry for entry in found if entry is not None and entry.record.source == source]
        return sorted(mine, key=lambda entry: entry.record.fetched_at, reverse=True)

    @contextlib.contextmanager
    def work_folder(self, identity: str, waiting: Callable[[], None]) -> Iterator[Path]:
        """Holds this model's lock and yields its work folder, without the remains of a crash."""
        locks, works = self.root / ".locks", self.root / ".work"
        locks.mkdir(parents=True, exist_ok=True)
        works.mkdir(exist_ok=True)
        with locked(locks / f"{identity}.lock", waiting):
            self._remove_leftovers(locks, works, identity)
            folder = works / identity
            folder.mkdir(exist_ok=True)
            _remove_unpacked(folder)
            try:
                yield folder
            finally:
                _remove_unpacked(folder)

    def publish(self, unpacked: Path, identity: str, record: ModelRecord) -> CatalogEntry:
        """Moves the unpacked files into the catalog: every process sees all of them or none."""
        _write_record(unpacked, RECORD_NAME, record)
        sync_directory(unpacked)
        target = self._directory(identity, record.revision)
        if target.exists():  # incomplete, else it would have been found
            target.rename(unpacked.with_name("unpacked.replaced"))
        unpacked.rename(target)
        sync_directory(self.root)
        return CatalogEntry(target, record)

    def note_version(self, entry: CatalogEntry, version: str) -> None:
        """Records that the source has another name for this content now, where that is possible."""
        changed = entry.record.model_copy(update={"version": version})
        draft = f"{RECORD_NAME}.{os.getpid()}"
        try:
            _write_record(entry.directory, draft, changed)
            (entry.directory / draft).rename(entry.directory / RECORD_NAME)
        except OSError as error:  # read-only, perhaps
            logger.debug("version not noted", extra={"error": str(error)})

    def _directory(self, identity: str, revision: str) -> Path:
        return self.root / f"{identity}@{revision}"

    @staticmethod
    def _remove_leftovers(locks: Path, works: Path, mine: str) -> None:
        """Removes the remains of killed fetches, recognised by their free lock."""
        for folder in works.iterdir():
            if folder.name == mine:
                continue
            with locked_if_free(locks / f"{folder.name}.lock") as is_free:
                if not is_free:
                    continue
                _remove_unpacked(folder)
                download = folder / "download.nemo"
                if not download.exists() or _age_s(download) > _KEEP_DOWNLOADS_S:
                    shutil.rmtree(folder, ignore_errors=True)


def _write_record(directory: Path, name: str, record: ModelRecord) -> None:
    with (directory / name).open("w", encoding="utf-8") as file:
        file.write(record.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _age_s(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _remove_unpacked(folder: Path) -> None:
    for path in folder.glob("unpacked*"):
        shutil.rmtree(path, ignore_errors=True)
