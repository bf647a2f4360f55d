"""Turns a model reference into verified files on disk, once; the package's public face."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import is_offline_mode

from nemo_voice_serving.model_kinds.config import CONFIG_NAME
from nemo_voice_serving.model_store.catalog import CatalogEntry, ModelCatalog, newest, pinned
from nemo_voice_serving.model_store.config_finder import ConfigJudge, config_in
from nemo_voice_serving.model_store.disk import FreeBytes, free_bytes, reading, refuse_links_out_of
from nemo_voice_serving.model_store.download import READ_TIMEOUT_S, Downloader
from nemo_voice_serving.model_store.errors import (
    FailureReason,
    InvalidModelReference,
    ModelDigestMismatch,
    ModelDownloadFailed,
    ModelNotFound,
    ModelOfflineMissing,
    ModelStoreError,
)
from nemo_voice_serving.model_store.fetcher import (
    LocalFile,
    ModelFetcher,
    WantedModel,
    digest_of,
    stamp_of,
)
from nemo_voice_serving.model_store.hub import ModelHub
from nemo_voice_serving.model_store.partial_file import RemoteFile
from nemo_voice_serving.model_store.progress import Phase, Progress, ProgressReporter
from nemo_voice_serving.model_store.reference import (
    ModelKind,
    ModelReference,
    identity_of,
    parse_reference,
)
from nemo_voice_serving.model_store.retry import Retries, RetryPolicy
from nemo_voice_serving.model_store.stored import StoredModel, model_of, own_directory
from nemo_voice_serving.model_store.weights import CodeFinder

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
class LocatedModel:
    """A model whose place is known: stored already, or to be fetched from there."""

    reference: ModelReference
    place: CatalogEntry | WantedModel | Path
    """A path is a directory of the user's own."""
    reporter: ProgressReporter

    def identity(self) -> tuple[str | None, int | None]:
        """Returns its revision and the size of its file, as far as they are known."""
        if isinstance(self.place, CatalogEntry):
            return self.place.record.revision, self.place.record.size_bytes
        if isinstance(self.place, WantedModel) and isinstance(self.place.file, RemoteFile):
            return self.place.revision, self.place.file.size_bytes
        return None, None


class ModelStore:
    """Models by reference, each fetched and unpacked once below a root that processes may share.

    Args:
        root: Where the models are; may be read-only once they are there.
        code_in: Finds code in the weights of a new model.
        judge: Refuses a model by its configuration, before the rest of it is downloaded, and each
            time that it is resolved; None = every model is accepted.
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
        judge: ConfigJudge | None = None,
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
        self._judge = judge
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
        self._fetcher = ModelFetcher(self._catalog, self._downloader, code_in, free, sleep, judge)

    def resolve(self, reference: ModelReference, *, demo_file: str | None = None) -> StoredModel:
        """Returns the model on disk, downloaded and unpacked first if it is not stored. Blocks.

        Args:
            reference: Which model.
            demo_file: The demo checkpoint that `demo` means.

        Raises:
            ModelStoreError: One of the tree in `errors.py`.
        """
        return self.fetch(self.locate(reference, demo_file=demo_file))

    def locate(self, reference: ModelReference, *, demo_file: str | None = None) -> LocatedModel:
        """Returns where the model is, after a request to its source where that is needed. Blocks.

        Raises:
            ModelStoreError: As `resolve` does.
        """
        reporter = ProgressReporter(self._listener, self._clock)
        if reference.kind is ModelKind.FILE:
            refuse_links_out_of(self._catalog.root, reference.path)
            if reference.path.is_dir():
                return LocatedModel(reference, reference.path.absolute(), reporter)
        return LocatedModel(reference, self._place_of(reference, demo_file, reporter), reporter)

    def read_config(self, located: LocatedModel) -> bytes | None:
        """Returns the model's `model_config.yaml`; of a file elsewhere only the beginning is read.

        None where the model has none: `fetch` says what is wrong with it.

        Raises:
            ModelStoreError: It cannot be read.
        """
        place = located.place
        if isinstance(place, WantedModel):
            file = place.file
            if isinstance(file, RemoteFile):
                return self._downloader.read_config(file)
            with reading(file.path):
                return config_in(file.path)
        path = (place if isinstance(place, Path) else place.directory) / CONFIG_NAME
        with reading(path):
            return path.read_bytes() if path.is_file() else None

    def fetch(self, located: LocatedModel) -> StoredModel:
        """Returns the model on disk, downloaded and unpacked first if it is not stored. Blocks.

        Raises:
            ModelStoreError: As `resolve` does.
        """
        reference, place, reporter = located.reference, located.place, located.reporter
        if isinstance(place, WantedModel):
            place = self._fetcher.fetch(place, reporter)
        else:
            self._judge_stored(located)
        if isinstance(place, Path):
            model = own_directory(reference, self._catalog.root, self._code_in, reporter)
        else:
            model = model_of(place, reference, reporter)
        reporter.enter(Phase.DONE, done_bytes=model.size_bytes, total_bytes=model.size_bytes)
        return model

    def _judge_stored(self, located: LocatedModel) -> None:
        """Judges what is on disk: it may have been stored when its kind was not looked at."""
        if self._judge is not None and (config := self.read_config(located)) is not None:
            self._judge(config)

    def _place_of(
        self, reference: ModelReference, demo_file: str | None, reporter: ProgressReporter
    ) -> CatalogEntry | WantedModel:
        identity = identity_of(reference, hub_host=self._hub.host, demo_file=demo_file)
        match reference.kind:
            case ModelKind.DEMO:
                return self._local(reference, identity, self._demo_path(demo_file), reporter)
            case ModelKind.FILE:
                return self._local(reference, identity, reference.path, reporter)
            case ModelKind.HUB | ModelKind.HTTPS:
                return self._remote(reference, identity)

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
            stamp = stamp_of(path)
            if entry := self._unchanged(reference, identity, stamp):
                return entry
            if self._judge is not None and (config := config_in(path)) is not None:
                self._judge(config)
            digest = digest_of(path, reporter)
        if reference.sha256 not in {None, digest}:
            raise ModelDigestMismatch(
                f"{path} has SHA-256 {digest}, not {reference.sha256}. It is not used."
            )
        if entry := self._catalog.find(identity, digest):
            self._catalog.note_version(entry, stamp)
            return entry
        return WantedModel(identity, reference, LocalFile(path, digest, stamp), digest)

    def _unchanged(
        self, reference: ModelReference, identity: str, stamp: str
    ) -> CatalogEntry | None:
        """Returns what is stored of a file that nobody has changed since, whatever its digest."""
        if reference.sha256 is not None:
            return None  # one that is stored would have been found by it
        entries = self._catalog.entries(identity, reference.plain_source)
        return next((entry for entry in entries if entry.record.version == stamp), None)

    def _remote(self, reference: ModelReference, identity: str) -> CatalogEntry | WantedModel:
        entries = self._catalog.entries(identity, reference.plain_source)
        if entry := pinned(reference, entries):
            return entry
        last = newest(reference, entries)
        if self._offline:
            if last is None:
                raise self._missing(reference, entries)
            return last
        try:
            return self._locate(reference, identity, last)
        except ModelDownloadFailed as error:
            if last is None:
                raise
            logger.warning(
                "model source unreachable, using what is stored",
                extra={"model": reference.label, "error": str(error)},
            )
            return last

    def _locate(
        self, reference: ModelReference, identity: str, last: CatalogEntry | None
    ) -> CatalogEntry | WantedModel:
        """Returns what the reference means now, after a request to its source."""
        retries = self._retries if last is None else self._few_retries
        if reference.kind is ModelKind.HUB:
            found = self._hub.locate(reference, retries)
            wanted = WantedModel(identity, reference, found.remote, found.commit)
            return self._catalog.find(identity, found.commit) or wanted
        remote = RemoteFile(url=reference.source, headers=self._hub.headers_for(reference.source))
        if last is not None and last.record.version is not None and reference.sha256 is None:
            known = last.record.version
            if self._downloader.current_version(remote, known, retries) == known:
                return last
        return WantedModel(identity, reference, remote, reference.sha256, outdated=last)

    def _missing(self, reference: ModelReference, entries: list[CatalogEntry]) -> ModelStoreError:
        return ModelOfflineMissing(
            f"{reference.label} is not in {self._catalog.root}, and the network may not be used. "
            f"Stored revisions of it: {', '.join(e.record.revision for e in entries) or 'none'}.",
            advice="Run `fetch` once with the network, or copy the directory "
            f"`{identity_of(reference, hub_host=self._hub.host)}@…` from where it is.",
        )
