"""Turns a model reference into verified files on disk, once; the package's public face."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import is_offline_mode

from nemo_voice_serving.model_store.archive import CONFIG_NAME
from nemo_voice_serving.model_store.catalog import CatalogEntry, ModelCatalog, entry_at
from nemo_voice_serving.model_store.disk import FreeBytes, free_bytes, reading, refuse_links_out_of
from nemo_voice_serving.model_store.download import READ_TIMEOUT_S, Downloader
from nemo_voice_serving.model_store.errors import (
    FailureReason,
    InvalidModelReference,
    ModelArchiveRefused,
    ModelDigestMismatch,
    ModelDownloadFailed,
    ModelNotFound,
    ModelOfflineMissing,
    ModelStoreError,
)
from nemo_voice_serving.model_store.fetcher import LocalFile, ModelFetcher, WantedModel, digest_of
from nemo_voice_serving.model_store.hub import ModelHub
from nemo_voice_serving.model_store.partial_file import RemoteFile
from nemo_voice_serving.model_store.progress import Phase, Progress, ProgressReporter
from nemo_voice_serving.model_store.reference import (
    ModelKind,
    ModelReference,
    identity_of,
    is_commit,
    parse_reference,
)
from nemo_voice_serving.model_store.retry import Retries, RetryPolicy
from nemo_voice_serving.model_store.weights import CodeFinder, refuse_code

__all__ = [
    "ModelKind",
    "ModelReference",
    "ModelStore",
    "ModelStoreError",
    "Phase",
    "Progress",
    "RetryPolicy",
    "StoredModel",
    "parse_reference",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredModel:
    """A model on disk, verified and ready to load."""

    directory: Path
    """Its unpacked files, NeMo's `model_extracted_dir`; never changed."""
    reference: ModelReference
    revision: str
    """The commit, or the digest where there are none; empty for a directory of the user's own."""
    sha256: str
    """Digest of the .nemo file; empty for a directory of the user's own."""
    size_bytes: int
    """Size of the .nemo file; of all files for a directory of the user's own."""
    seconds: float
    """Seconds that this resolve took."""


class ModelStore:
    """Models by reference, each fetched and unpacked once below a root that processes may share.

    Args:
        root: Where the models are; may be read-only once they are there.
        code_in: Finds code in the weights of a new model.
        offline: Never use the network (also so with `HF_HUB_OFFLINE=1`).
        demo_directory: Where the demo checkpoints are; None = they were not found.
        progress: Called at most twice a second and at every change of phase.
        token: For the hub; None = `HF_TOKEN`, else what `hf auth login` stored.
        endpoint: The hub's address; None = `HF_ENDPOINT`, else huggingface.co.
        ca_bundle: File of certificate authorities that are trusted besides the system's.
        clock: Returns monotonic seconds.
        sleep: Waits, between tries and for other processes.
        free: Returns the free bytes of a directory's disk.
        retry_policy: How often to try again when the network fails.
        read_timeout_s: Seconds without a byte after which a connection counts as cut.
    """

    def __init__(
        self,
        root: Path,
        code_in: CodeFinder,
        *,
        offline: bool = False,
        demo_directory: Path | None = None,
        progress: Callable[[Progress], None] | None = None,
        token: str | None = None,
        endpoint: str | None = None,
        ca_bundle: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        free: FreeBytes = free_bytes,
        retry_policy: RetryPolicy | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        policy = retry_policy or RetryPolicy()
        # Absolute: NeMo changes the working directory while it loads.
        self._catalog = ModelCatalog(root.expanduser().absolute())
        self._code_in = code_in
        self._offline = offline or is_offline_mode()
        self._demo_directory = demo_directory
        self._listener, self._clock = progress, clock
        self._retries = Retries(policy, sleep)
        # A stored model is better than half a minute of requests to a dead network.
        self._few_retries = Retries(replace(policy, tries=min(policy.tries, 2)), sleep)
        self._hub = ModelHub(endpoint, token, ca_bundle)
        self._downloader = Downloader(
            retries=self._retries,
            free=free,
            read_timeout_s=read_timeout_s,
            trusted_origin=self._hub.origin,
            context=self._hub.context,
        )
        self._fetcher = ModelFetcher(self._catalog, self._downloader, code_in, free, sleep)

    def resolve(self, reference: ModelReference, *, demo_file: str | None = None) -> StoredModel:
        """Returns the model on disk, downloaded and unpacked first if it is not stored. Blocks.

        Args:
            reference: Which model.
            demo_file: The demo checkpoint that `demo` means.

        Raises:
            ModelStoreError: One of the tree in `errors.py`.
        """
        reporter = ProgressReporter(self._listener, self._clock)
        if reference.kind is ModelKind.FILE:
            refuse_links_out_of(self._catalog.root, reference.path)
        if reference.kind is ModelKind.FILE and reference.path.is_dir():
            model = _own_directory(reference, self._catalog.root, self._code_in, reporter)
        else:
            model = _model_of(self._entry_of(reference, demo_file, reporter), reference, reporter)
        reporter.enter(Phase.DONE, done_bytes=model.size_bytes, total_bytes=model.size_bytes)
        return model

    def _entry_of(
        self, reference: ModelReference, demo_file: str | None, reporter: ProgressReporter
    ) -> CatalogEntry:
        identity = identity_of(reference, hub_host=self._hub.host, demo_file=demo_file)
        match reference.kind:
            case ModelKind.DEMO:
                found = self._local(reference, identity, self._demo_path(demo_file), reporter)
            case ModelKind.FILE:
                found = self._local(reference, identity, reference.path, reporter)
            case ModelKind.HUB | ModelKind.HTTPS:
                found = self._remote(reference, identity)
        if isinstance(found, CatalogEntry):
            return found
        return self._fetcher.fetch(found, reporter)

    def _demo_path(self, demo_file: str | None) -> Path:
        if demo_file is None:
            raise InvalidModelReference("There is no demo model for this.", advice="Name a model.")
        if self._demo_directory is None:
            raise ModelNotFound(
                "The demo models are not beside the program.",
                advice="Say where they are with NEMO_VOICE_DEMO_MODELS, or name another model.",
                reason=FailureReason.FILE_NOT_FOUND,
            )
        return self._demo_directory / demo_file

    def _local(
        self, reference: ModelReference, identity: str, path: Path, reporter: ProgressReporter
    ) -> CatalogEntry | WantedModel:
        if reference.sha256 and (entry := self._catalog.find(identity, reference.sha256)):
            return entry
        with reading(path):
            digest = digest_of(path, reporter)
        if reference.sha256 not in {None, digest}:
            raise ModelDigestMismatch(
                f"{path} has SHA-256 {digest}, not {reference.sha256}. It is not used."
            )
        wanted = WantedModel(identity, reference, LocalFile(path, digest), digest)
        return self._catalog.find(identity, digest) or wanted

    def _remote(self, reference: ModelReference, identity: str) -> CatalogEntry | WantedModel:
        entries = self._catalog.entries(identity, reference.plain_source)
        if pinned := _pinned(reference, entries):
            return pinned
        newest = _newest(reference, entries)
        if self._offline:
            if newest is None:
                raise self._missing(reference, entries)
            return newest
        try:
            return self._locate(reference, identity, newest)
        except ModelDownloadFailed as error:
            if newest is None:
                raise
            logger.warning(
                "model source unreachable, using what is stored",
                extra={"model": reference.label, "error": str(error)},
            )
            return newest

    def _locate(
        self, reference: ModelReference, identity: str, newest: CatalogEntry | None
    ) -> CatalogEntry | WantedModel:
        """Returns what the reference means now, after a request to its source."""
        retries = self._retries if newest is None else self._few_retries
        if reference.kind is ModelKind.HUB:
            found = self._hub.locate(reference, retries)
            wanted = WantedModel(identity, reference, found.remote, found.commit)
            return self._catalog.find(identity, found.commit) or wanted
        remote = RemoteFile(url=reference.source)
        if newest is not None and newest.record.version is not None and reference.sha256 is None:
            known = newest.record.version
            if self._downloader.current_version(remote, known, retries) == known:
                return newest
        return WantedModel(identity, reference, remote, reference.sha256, outdated=newest)

    def _missing(self, reference: ModelReference, entries: list[CatalogEntry]) -> ModelStoreError:
        return ModelOfflineMissing(
            f"{reference.label} is not in {self._catalog.root}, and the network may not be used. "
            f"Stored revisions of it: {', '.join(e.record.revision for e in entries) or 'none'}.",
            advice="Run `fetch` once with the network, or copy the directory "
            f"`{identity_of(reference, hub_host=self._hub.host)}@…` from where it is.",
        )


def _pinned(reference: ModelReference, entries: list[CatalogEntry]) -> CatalogEntry | None:
    """Returns the stored model that a commit or digest in the reference identifies."""
    by_commit = is_commit(reference.revision)
    for entry in entries:
        known = entry.record.revision if by_commit else entry.record.sha256
        if known == (reference.revision if by_commit else reference.sha256):
            return entry
    return None


def _newest(reference: ModelReference, entries: list[CatalogEntry]) -> CatalogEntry | None:
    """Returns the stored model that the reference meant at its last resolve."""
    if reference.sha256 is not None:
        return None  # a stored one would have been found by its digest
    matching = (
        entry for entry in entries if reference.revision in {None, entry.record.requested_revision}
    )
    return next(matching, None)


def _own_directory(
    reference: ModelReference, root: Path, code_in: CodeFinder, reporter: ProgressReporter
) -> StoredModel:
    """Returns a directory that the user unpacked, after a search for code in its weights."""
    directory = reference.path.absolute()
    files = [path for path in directory.rglob("*") if path.is_file()]
    refuse_links_out_of(root, *files)
    checkpoints = [path for path in files if path.suffix == ".ckpt"]
    for checkpoint in checkpoints:
        refuse_code(checkpoint, code_in)
    if entry := entry_at(directory):
        return _model_of(entry, reference, reporter)
    if reference.sha256:
        raise InvalidModelReference(
            f"{directory} is unpacked already, and a SHA-256 is that of a .nemo file.",
            advice="Leave the digest out, or name the file.",
        )
    if not checkpoints or not (directory / CONFIG_NAME).is_file():
        raise ModelArchiveRefused(
            f"{directory} is not an unpacked NeMo checkpoint: "
            f"it must hold {CONFIG_NAME} and a .ckpt file."
        )
    return StoredModel(
        directory=directory,
        reference=reference,
        revision="",
        sha256="",
        size_bytes=sum(path.stat().st_size for path in files),
        seconds=reporter.seconds(),
    )


def _model_of(
    entry: CatalogEntry, reference: ModelReference, reporter: ProgressReporter
) -> StoredModel:
    record = entry.record
    if reference.sha256 not in {None, record.sha256}:
        raise ModelDigestMismatch(
            f"{reference.label} is stored with SHA-256 {record.sha256}, not {reference.sha256}. "
            "One of the two is wrong."
        )
    return StoredModel(
        directory=entry.directory,
        reference=reference,
        revision=record.revision,
        sha256=record.sha256,
        size_bytes=record.size_bytes,
        seconds=reporter.seconds(),
    )
