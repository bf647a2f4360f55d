"""Downloads, verifies, unpacks and publishes a model, one process at a time."""

import hashlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nemo_voice_serving.model_kinds.config import CONFIG_NAME
from nemo_voice_serving.model_store.archive import members_of, unpack
from nemo_voice_serving.model_store.catalog import CatalogEntry, ModelCatalog, ModelRecord
from nemo_voice_serving.model_store.config_finder import ConfigJudge
from nemo_voice_serving.model_store.disk import FreeBytes, require_space, writing_to
from nemo_voice_serving.model_store.download import Downloader, ReceivedFile
from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelArchiveRefused,
    ModelDigestMismatch,
    ModelUnsupported,
)
from nemo_voice_serving.model_store.partial_file import RemoteFile, discard_unusable_part
from nemo_voice_serving.model_store.progress import Phase, ProgressReporter
from nemo_voice_serving.model_store.reference import ModelReference
from nemo_voice_serving.model_store.weights import CodeFinder, refuse_code

_CHUNK_BYTES = 2**20
_LOCK_POLL_S = 0.5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocalFile:
    """A .nemo file on disk, which is read and never changed."""

    path: Path
    sha256: str
    version: str | None = None
    """Identifies its content as long as nobody changes it: `stamp_of` it."""


@dataclass(frozen=True)
class WantedModel:
    """A model that is not stored yet: its name on disk, and where its .nemo file is."""

    identity: str
    reference: ModelReference
    file: LocalFile | RemoteFile
    revision: str | None
    """None = the digest of the file, once that is known."""
    outdated: CatalogEntry | None = None
    """The stored model that the source has replaced since."""


def digest_of(path: Path, reporter: ProgressReporter) -> str:
    """Returns the file's SHA-256."""
    reporter.enter(Phase.VERIFYING, total_bytes=path.stat().st_size)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            reporter.advance(len(chunk))
    return digest.hexdigest()


def stamp_of(path: Path) -> str:
    """Returns what changes whenever the file is written, so that its digest stays known till then.

    With the time of its last change of any kind, which nobody can set.
    """
    found = path.stat()
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"


class ModelFetcher:
    """Fetches models into the catalog."""

    def __init__(
        self,
        catalog: ModelCatalog,
        downloader: Downloader,
        code_in: CodeFinder,
        free: FreeBytes,
        sleep: Callable[[float], None],
        judge: ConfigJudge | None = None,
    ) -> None:
        self._catalog = catalog
        self._downloader = downloader
        self._code_in = code_in
        self._free = free
        self._sleep = sleep
        self._judge = judge

    def fetch(self, wanted: WantedModel, reporter: ProgressReporter) -> CatalogEntry:
        """Returns the stored model, fetched by this process or meanwhile by another one.

        Raises:
            ModelStoreError: Nothing incomplete stays, except a download that the next fetch
                resumes.
        """

        def wait() -> None:
            reporter.tick()
            self._sleep(_LOCK_POLL_S)

        root = self._catalog.root
        with writing_to(root, self._free), self._catalog.work_folder(wanted.identity, wait) as work:
            entry = self._fetched_meanwhile(wanted) or self._fetch(wanted, work, reporter)
            shutil.rmtree(work)
            return entry

    def _fetch(self, wanted: WantedModel, work: Path, reporter: ProgressReporter) -> CatalogEntry:
        if isinstance(wanted.file, LocalFile):
            return self._unpack(wanted, wanted.file, None, work, reporter)
        return self._download(wanted, wanted.file, work, reporter)

    def _fetched_meanwhile(self, wanted: WantedModel) -> CatalogEntry | None:
        """Returns the entry that another process stored while this one waited for the lock."""
        if wanted.revision is not None:
            return self._catalog.find(wanted.identity, wanted.revision)
        entries = self._catalog.entries(wanted.identity, wanted.reference.plain_source)
        return entries[0] if entries and entries[0] != wanted.outdated else None

    def _download(
        self, wanted: WantedModel, remote: RemoteFile, work: Path, reporter: ProgressReporter
    ) -> CatalogEntry:
        try:
            received = self._downloader.fetch(remote, work, reporter, self._judge)
            digest = digest_of(received.path, reporter)
            _check_digest(wanted.reference, remote, digest)
            file = LocalFile(received.path, digest)
            return self._unpack(wanted, file, received, work, reporter)
        except (ModelDigestMismatch, ModelArchiveRefused, ModelUnsupported):
            shutil.rmtree(work)  # resuming this download would fail the same way
            raise
        finally:
            discard_unusable_part(work)

    def _unpack(
        self,
        wanted: WantedModel,
        file: LocalFile,
        received: ReceivedFile | None,
        work: Path,
        reporter: ProgressReporter,
    ) -> CatalogEntry:
        revision = wanted.revision or file.sha256
        if same_content := self._catalog.find(wanted.identity, revision):
            return same_content
        members = members_of(file.path)
        total_bytes = sum(member.size_bytes for member in members)
        require_space(self._catalog.root, total_bytes, self._free, "unpack the model")
        reporter.enter(Phase.UNPACKING, total_bytes=total_bytes)
        unpacked = work / "unpacked"
        unpacked.mkdir()
        unpack(file.path, members, unpacked, reporter.advance)
        if self._judge is not None:
            self._judge((unpacked / CONFIG_NAME).read_bytes())
        for member in members:
            refuse_code(unpacked / member.path, self._code_in)
        record = ModelRecord(
            source=wanted.reference.plain_source,
            requested_revision=wanted.reference.revision,
            revision=revision,
            sha256=file.sha256,
            size_bytes=file.path.stat().st_size,
            seconds=round(reporter.seconds(), 3),
            version=received.version if received else file.version,
            files={str(member.path): member.size_bytes for member in members},
        )
        facts = {"model": record.source, "revision": revision, "sha256": file.sha256}
        logger.info("model stored", extra=facts | {"seconds": record.seconds})
        return self._catalog.publish(unpacked, wanted.identity, record)


def _check_digest(reference: ModelReference, remote: RemoteFile, digest: str) -> None:
    if reference.sha256 not in {None, digest}:
        raise ModelDigestMismatch(
            f"{reference.label} has SHA-256 {digest}, not {reference.sha256}. It was removed.",
            advice="If the new digest is right, use that one.",
        )
    if remote.sha256 not in {None, digest}:
        raise ModelDigestMismatch(
            f"{reference.label} arrived damaged: its SHA-256 is {digest}, its hub states "
            f"{remote.sha256}. It was removed.",
            advice="Run it again.",
            reason=FailureReason.DOWNLOAD_DAMAGED,
        )
