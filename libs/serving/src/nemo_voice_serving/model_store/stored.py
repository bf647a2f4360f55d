"""A model on disk, and how a directory of the user's own becomes one."""

from dataclasses import dataclass
from pathlib import Path

from nemo_voice_serving.model_kinds.config import CONFIG_NAME
from nemo_voice_serving.model_kinds.facts import ModelFacts
from nemo_voice_serving.model_store.catalog import CatalogEntry, entry_at
from nemo_voice_serving.model_store.disk import refuse_links_out_of
from nemo_voice_serving.model_store.errors import (
    InvalidModelReference,
    ModelArchiveRefused,
    ModelDigestMismatch,
)
from nemo_voice_serving.model_store.progress import ProgressReporter
from nemo_voice_serving.model_store.reference import ModelReference
from nemo_voice_serving.model_store.weights import CodeFinder, refuse_code


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
    facts: ModelFacts | None = None
    """What it is, where it was judged."""


def own_directory(
    reference: ModelReference, root: Path, code_in: CodeFinder, reporter: ProgressReporter
) -> StoredModel:
    """Returns a directory that the user unpacked, after a search for code in its weights.

    Raises:
        ModelStoreError: It holds no checkpoint, or one that could do harm.
    """
    directory = reference.path.absolute()
    files = [path for path in directory.rglob("*") if path.is_file()]
    refuse_links_out_of(root, *files)
    checkpoints = [path for path in files if path.suffix == ".ckpt"]
    for checkpoint in checkpoints:
        refuse_code(checkpoint, code_in)
    if entry := entry_at(directory):
        return model_of(entry, reference, reporter)
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


def model_of(
    entry: CatalogEntry, reference: ModelReference, reporter: ProgressReporter
) -> StoredModel:
    """Returns a model of the catalog.

    Raises:
        ModelDigestMismatch: It has another digest than the reference.
    """
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
