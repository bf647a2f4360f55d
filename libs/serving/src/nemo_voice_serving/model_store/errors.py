"""What can go wrong between a model reference and files on disk.

Raised by the model store alone; the services and the command line show the message, and `fetch`
writes the reason where programs look for it.

```
ModelStoreError
├── InvalidModelReference  the reference itself is wrong
├── ModelNotFound          no such repository, revision or file
├── ModelUnauthorized      a token is missing, or may not read this
├── ModelDownloadFailed    the other side failed, or cannot be reached
├── ModelOfflineMissing    offline, and it is not in the store
├── ModelDigestMismatch    the bytes are not the ones asked for
├── ModelArchiveRefused    not a NeMo checkpoint, or a hostile one
├── ModelDiskFull          needed_bytes and free_bytes say how much
└── ModelStoreUnwritable   something must be written, and cannot be
```
"""

from enum import StrEnum
from typing import ClassVar, Self


class FailureReason(StrEnum):
    """Why a model's files could not be had, in one word that fits a Kubernetes condition."""

    meaning: str
    """The same as a sentence."""

    def __new__(cls, reason: str, meaning: str) -> Self:
        """Returns the word, which carries its sentence."""
        member = str.__new__(cls, reason)
        member._value_ = reason
        member.meaning = meaning
        return member

    INVALID_MODEL_REFERENCE = (
        "InvalidModelReference",
        "The reference is not of a form that the store knows.",
    )
    HUB_UNAUTHORIZED = (
        "HubUnauthorized",
        "A token is missing or wrong (401), or the repository is private or does not exist.",
    )
    HUB_FORBIDDEN = (
        "HubForbidden",
        "The token may not read this (403), or the terms of a gated model were not accepted.",
    )
    MODEL_NOT_FOUND = ("ModelNotFound", "There is no such repository, or no such file (404).")
    REVISION_NOT_FOUND = (
        "RevisionNotFound",
        "The repository has no such commit, tag or branch.",
    )
    CHECKPOINT_NOT_FOUND = (
        "CheckpointNotFound",
        "The repository holds no .nemo file that is clearly the model.",
    )
    FILE_NOT_FOUND = ("FileNotFound", "The local file does not exist.")
    FILE_UNREADABLE = ("FileUnreadable", "The local file exists and cannot be read.")
    HUB_UNREACHABLE = (
        "HubUnreachable",
        "No connection to the hub or the server came about, for as long as was tried.",
    )
    HUB_TIMEOUT = ("HubTimeout", "The hub or the server did not answer in time, again and again.")
    HUB_UNAVAILABLE = (
        "HubUnavailable",
        "The hub or the server kept answering that it cannot serve now (429, 5xx).",
    )
    CONNECTION_CUT = (
        "ConnectionCut",
        "Connections broke again and again before the file was whole; the next try goes on there.",
    )
    UNEXPECTED_ANSWER = (
        "UnexpectedAnswer",
        "What answered is no hub and no file server that a model can come from.",
    )
    INSECURE_ADDRESS = (
        "InsecureAddress",
        "The download leads to plain http, where anybody on the way could change the model.",
    )
    OFFLINE_MISSING = ("OfflineMissing", "The network may not be used, and the cache has it not.")
    DIGEST_MISMATCH = (
        "DigestMismatch",
        "The file's SHA-256 is not the one asked for; it was not kept.",
    )
    DOWNLOAD_DAMAGED = (
        "DownloadDamaged",
        "The bytes that arrived are not those the hub states; they were removed.",
    )
    NOT_NEMO_ARCHIVE = ("NotNemoArchive", "The file is not a NeMo checkpoint that can be read.")
    UNSAFE_ARCHIVE = (
        "UnsafeArchive",
        "The archive holds paths, links, files or sizes that no model has and that could do harm.",
    )
    UNSAFE_PICKLE = ("UnsafePickle", "The weights could hold code that runs when they are loaded.")
    NO_SPACE = ("NoSpace", "The disk cannot hold the model.")
    CACHE_READ_ONLY = (
        "CacheReadOnly",
        "The model is not in the cache yet, and that is mounted read-only.",
    )
    CACHE_FORBIDDEN = (
        "CacheForbidden",
        "The model is not in the cache yet, and its user may not write there.",
    )
    CACHE_UNUSABLE = (
        "CacheUnusable",
        "The cache is not a directory, or its filesystem has no file locks.",
    )
    CACHE_DAMAGED = (
        "CacheDamaged",
        "The weights in the cache are not what was stored there; `check` reads them whole.",
    )
    INTERRUPTED = (
        "Interrupted",
        "The process was told to stop; the next fetch goes on with what has arrived.",
    )
    UNEXPECTED_ERROR = ("UnexpectedError", "Something nobody foresaw; the log has its traceback.")


class ModelStoreError(Exception):
    """Says what is wrong with a model and what to do about it."""

    usual_reason: ClassVar[FailureReason] = FailureReason.UNEXPECTED_ERROR

    def __init__(self, message: str, *, reason: FailureReason | None = None) -> None:
        super().__init__(message)
        self.reason = reason or self.usual_reason
        """The same in one word, for programs."""


class InvalidModelReference(ModelStoreError):
    """The reference is not of a form that the store knows."""

    usual_reason = FailureReason.INVALID_MODEL_REFERENCE


class ModelNotFound(ModelStoreError):
    """The repository, the revision or the file does not exist."""

    usual_reason = FailureReason.MODEL_NOT_FOUND


class ModelUnauthorized(ModelStoreError):
    """The hub or the server wants a token, or another one."""

    usual_reason = FailureReason.HUB_UNAUTHORIZED


class ModelDownloadFailed(ModelStoreError):
    """The other side failed for longer than the store was willing to try."""

    usual_reason = FailureReason.UNEXPECTED_ANSWER


class ModelOfflineMissing(ModelStoreError):
    """The store works offline and does not have the model."""

    usual_reason = FailureReason.OFFLINE_MISSING


class ModelDigestMismatch(ModelStoreError):
    """The file's SHA-256 is not the one asked for; it was not kept."""

    usual_reason = FailureReason.DIGEST_MISMATCH


class ModelArchiveRefused(ModelStoreError):
    """The file is no NeMo checkpoint, or one that could do harm."""

    usual_reason = FailureReason.NOT_NEMO_ARCHIVE


class ModelDiskFull(ModelStoreError):
    """The disk cannot hold the model."""

    usual_reason = FailureReason.NO_SPACE

    def __init__(self, message: str, *, needed_bytes: int | None, free_bytes: int) -> None:
        super().__init__(message)
        self.needed_bytes = needed_bytes
        """How much the next step writes; None where only the failing write is known."""
        self.free_bytes = free_bytes


class ModelStoreUnwritable(ModelStoreError):
    """The store's directory cannot be written, and the model is not in it yet."""

    usual_reason = FailureReason.CACHE_FORBIDDEN
