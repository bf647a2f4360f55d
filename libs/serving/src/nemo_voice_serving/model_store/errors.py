"""The errors of the model store.

The services and the command line show what is wrong and what to do about it there. `fetch` writes
reason, problem and advice apart: a program like the operator has advice of its own.

```
ModelStoreError
├── InvalidModelReference  the reference itself is wrong
├── ModelNotFound          no such repository, revision or file
├── ModelUnauthorized      a token is missing, or may not read this
├── ModelDownloadFailed    the server failed, or cannot be reached
├── ModelOfflineMissing    offline, and it is not in the store
├── ModelDigestMismatch    the file has another SHA-256
├── ModelArchiveRefused    not a NeMo checkpoint, or a harmful one
├── ModelUnsupported       a checkpoint of a kind that is not served
├── ModelDiskFull          needed_bytes and free_bytes say how much
└── ModelStoreUnwritable   the store must be written, and cannot be
```
"""

from enum import StrEnum
from typing import ClassVar, Self


class FailureReason(StrEnum):
    """Why resolving a model failed, in one word that fits a Kubernetes condition."""

    meaning: str
    """The same as a sentence."""

    def __new__(cls, reason: str, meaning: str) -> Self:
        """Returns the member with its sentence."""
        member = str.__new__(cls, reason)
        member._value_ = reason
        member.meaning = meaning
        return member

    INVALID_MODEL_REFERENCE = (
        "InvalidModelReference",
        "The reference has none of the documented forms.",
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
        "The hub or the server could not be reached, in any of several tries.",
    )
    HUB_UNTRUSTED = (
        "HubUntrusted",
        "No known authority vouches for the certificate of the hub or the server.",
    )
    CA_BUNDLE_UNUSABLE = (
        "CaBundleUnusable",
        "The file with further certificate authorities holds none that can be read.",
    )
    HUB_TIMEOUT = (
        "HubTimeout",
        "The hub or the server did not respond in time, in any of several tries.",
    )
    HUB_UNAVAILABLE = (
        "HubUnavailable",
        "The hub or the server was unavailable in each of several tries (429, 5xx).",
    )
    CONNECTION_CUT = (
        "ConnectionCut",
        "Each connection broke before the file was complete; the next fetch resumes the download.",
    )
    UNEXPECTED_RESPONSE = (
        "UnexpectedResponse",
        "The response is not that of a Hugging Face hub or a file server.",
    )
    INSECURE_ADDRESS = (
        "InsecureAddress",
        "The download leads to plain http, where the model could be changed in transit.",
    )
    OFFLINE_MISSING = (
        "OfflineMissing",
        "The network may not be used, and the model is not in the cache.",
    )
    DIGEST_MISMATCH = (
        "DigestMismatch",
        "The file's SHA-256 is not the requested one; the file was not kept.",
    )
    DOWNLOAD_DAMAGED = (
        "DownloadDamaged",
        "The file's SHA-256 is not the one that the hub states; the file was removed.",
    )
    NOT_NEMO_ARCHIVE = ("NotNemoArchive", "The file is not a NeMo checkpoint that can be read.")
    UNSUPPORTED_MODEL = (
        "UnsupportedModel",
        "The checkpoint is of a kind that is not served, or not in this place.",
    )
    UNSAFE_CONFIG = (
        "UnsafeConfig",
        "The configuration names code, a model or a file outside its archive, or absurd sizes.",
    )
    UNSAFE_ARCHIVE = (
        "UnsafeArchive",
        "The archive holds paths, links, names or sizes that no model has and that could do harm.",
    )
    UNSAFE_PICKLE = ("UnsafePickle", "The weights could hold code that runs when they are loaded.")
    NO_SPACE = ("NoSpace", "The disk cannot hold the model.")
    CACHE_READ_ONLY = (
        "CacheReadOnly",
        "The model is not in the cache yet, and the cache is mounted read-only.",
    )
    CACHE_FORBIDDEN = (
        "CacheForbidden",
        "The model is not in the cache yet, and this user may not write there.",
    )
    CACHE_UNUSABLE = (
        "CacheUnusable",
        "The cache is not a directory, or its filesystem has no file locks.",
    )
    CACHE_DAMAGED = (
        "CacheDamaged",
        "The weights in the cache are not those that were stored; `check` found it.",
    )
    INTERRUPTED = (
        "Interrupted",
        "A signal stopped the process; the next fetch resumes the download.",
    )
    UNEXPECTED_ERROR = ("UnexpectedError", "An error of another kind; the log has its traceback.")


REFUSALS = frozenset(
    {
        FailureReason.INVALID_MODEL_REFERENCE,
        FailureReason.UNSUPPORTED_MODEL,
        FailureReason.UNSAFE_CONFIG,
        FailureReason.UNSAFE_ARCHIVE,
        FailureReason.UNSAFE_PICKLE,
    }
)
"""Reasons that the next try would find again: only another reference, or another file, helps."""


class ModelStoreError(Exception):
    """Base class; the message says what is wrong with a model and what to do.

    Args:
        problem: What is wrong, wherever the model is used.
        advice: What to do about it on a command line or in a container.
        reason: The cause, if it is not the class's usual one.
    """

    usual_reason: ClassVar[FailureReason] = FailureReason.UNEXPECTED_ERROR

    def __init__(
        self, problem: str, *, advice: str = "", reason: FailureReason | None = None
    ) -> None:
        super().__init__(f"{problem} {advice}".rstrip())
        self.problem = problem
        self.advice = advice
        self.reason = reason or self.usual_reason
        """The cause in one word, for programs."""


class InvalidModelReference(ModelStoreError):
    """The reference has none of the documented forms."""

    usual_reason = FailureReason.INVALID_MODEL_REFERENCE


class ModelNotFound(ModelStoreError):
    """The repository, the revision or the file does not exist."""

    usual_reason = FailureReason.MODEL_NOT_FOUND


class ModelUnauthorized(ModelStoreError):
    """The hub or the server wants a token, or another one."""

    usual_reason = FailureReason.HUB_UNAUTHORIZED


class ModelDownloadFailed(ModelStoreError):
    """The server failed more often than the retry policy allows."""

    usual_reason = FailureReason.UNEXPECTED_RESPONSE


class ModelOfflineMissing(ModelStoreError):
    """The store works offline and does not have the model."""

    usual_reason = FailureReason.OFFLINE_MISSING


class ModelDigestMismatch(ModelStoreError):
    """The file's SHA-256 is not the requested one; the file was not kept."""

    usual_reason = FailureReason.DIGEST_MISMATCH


class ModelArchiveRefused(ModelStoreError):
    """The file is not a NeMo checkpoint, or could do harm."""

    usual_reason = FailureReason.NOT_NEMO_ARCHIVE


class ModelUnsupported(ModelStoreError):
    """The checkpoint is of a kind that is not served, or not in this place."""

    usual_reason = FailureReason.UNSUPPORTED_MODEL


class ModelDiskFull(ModelStoreError):
    """The disk cannot hold the model."""

    usual_reason = FailureReason.NO_SPACE

    def __init__(
        self, problem: str, *, advice: str = "", needed_bytes: int | None, free_bytes: int
    ) -> None:
        super().__init__(problem, advice=advice)
        self.needed_bytes = needed_bytes
        """How much the next step writes; None after a failed write."""
        self.free_bytes = free_bytes


class ModelStoreUnwritable(ModelStoreError):
    """The store's directory cannot be written, and the model is not in it yet."""

    usual_reason = FailureReason.CACHE_FORBIDDEN
