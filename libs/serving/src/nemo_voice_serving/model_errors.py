"""What can go wrong between a model reference and files on disk.

Raised by the model store alone; the services and the command line show the message and the code.

```
ModelStoreError
├── InvalidModelReference  invalid_model_reference  the reference itself is wrong
├── ModelNotFound          model_not_found          no such repository, revision or file
├── ModelUnauthorized      model_unauthorized       a token is missing, or may not read this
├── ModelDownloadFailed    model_download_failed    the other side failed, or cannot be reached
├── ModelOfflineMissing    model_offline_missing    offline, and it is not in the store
├── ModelDigestMismatch    model_digest_mismatch    the bytes are not the ones asked for
├── ModelArchiveRefused    model_archive_refused    not a NeMo checkpoint, or a hostile one
├── ModelDiskFull          model_disk_full          needed_bytes and free_bytes say how much
└── ModelStoreUnwritable   model_store_unwritable   something must be written, and cannot be
```
"""

from typing import ClassVar


class ModelStoreError(Exception):
    """Says what is wrong with a model and what to do about it."""

    code: ClassVar[str] = "model_store_error"


class InvalidModelReference(ModelStoreError):
    """The reference is not of a form that the store knows."""

    code = "invalid_model_reference"


class ModelNotFound(ModelStoreError):
    """The repository, the revision or the file does not exist."""

    code = "model_not_found"


class ModelUnauthorized(ModelStoreError):
    """The hub or the server wants a token, or another one."""

    code = "model_unauthorized"


class ModelDownloadFailed(ModelStoreError):
    """The other side failed for longer than the store was willing to try."""

    code = "model_download_failed"


class ModelOfflineMissing(ModelStoreError):
    """The store works offline and does not have the model."""

    code = "model_offline_missing"


class ModelDigestMismatch(ModelStoreError):
    """The file's SHA-256 is not the one asked for; it was not kept."""

    code = "model_digest_mismatch"


class ModelArchiveRefused(ModelStoreError):
    """The file is no NeMo checkpoint, or one that could do harm."""

    code = "model_archive_refused"


class ModelDiskFull(ModelStoreError):
    """The disk cannot hold the model."""

    code = "model_disk_full"

    def __init__(self, message: str, *, needed_bytes: int | None, free_bytes: int) -> None:
        super().__init__(message)
        self.needed_bytes = needed_bytes
        """How much the next step writes; None where only the failing write is known."""
        self.free_bytes = free_bytes


class ModelStoreUnwritable(ModelStoreError):
    """The store's directory cannot be written, and the model is not in it yet."""

    code = "model_store_unwritable"
