"""Parses what a user writes to name a model, and derives the model's name on disk."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from nemo_voice_serving.model_store.errors import InvalidModelReference

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_HUB_PAGE = re.compile(r"https?://(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+)/?", re.ASCII)
_REVISION = re.compile(r"[\w][\w./-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[^/\\\x00-\x1f\x7f]+)+/?")
"""A path of names, none of which is `.` or `..`; a directory may end in a slash."""
_ENCODED = re.compile("%2[ef]", re.IGNORECASE)
"""A dot or a slash that hides its meaning: nobody has to encode them in a path."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_NAME = 100
_FORMS = (
    "Write `demo`, a Hugging Face id (`owner/name`), an address (`https://….nemo`) or a path "
    "(`file:///….nemo`, or the directory of an unpacked one)."
)


class ModelKind(StrEnum):
    """The kinds of sources."""

    DEMO = "demo"
    HUB = "hub"
    FILE = "file"
    HTTPS = "https"


@dataclass(frozen=True)
class ModelReference:
    """A parsed, valid reference to a model."""

    kind: ModelKind
    source: str
    """`demo`, `owner/name`, or an address."""
    revision: str | None = None
    """Commit, tag or branch; for Hugging Face ids only."""
    sha256: str | None = None
    """Digest of the .nemo file, in lower case."""

    @property
    def plain_source(self) -> str:
        """The source without an address's query, which may be a signature that changes."""
        return _shown(self.source) if self.kind is ModelKind.HTTPS else self.source

    @property
    def label(self) -> str:
        """The reference for logs and messages."""
        return f"{self.plain_source}@{self.revision}" if self.revision else self.plain_source

    @property
    def path(self) -> Path:
        """The local path that a `file` reference names."""
        return Path(unquote(urlsplit(self.source).path))


def _shown(source: str) -> str:
    """Returns an address without its query, which may be a signature."""
    return source.partition("?")[0]


def parse_reference(
    source: str, revision: str | None = None, sha256: str | None = None
) -> ModelReference:
    """Returns the parsed reference.

    Raises:
        InvalidModelReference: The message says what to write instead.
    """
    source = source.strip()
    kind = _kind_of(source)
    if revision and kind is not ModelKind.HUB:
        raise InvalidModelReference(
            f"{_shown(source)!r} has no revisions: only a Hugging Face id does. "
            "Leave the revision out, or fix the file with its sha256."
        )
    return ModelReference(kind, source, _checked_revision(revision), _checked_sha256(sha256))


def _kind_of(source: str) -> ModelKind:
    if _CONTROL.search(source):
        raise InvalidModelReference(f"{source!r} has control characters. {_FORMS}")
    if source == "demo":
        return ModelKind.DEMO
    if page := _HUB_PAGE.fullmatch(source):
        raise InvalidModelReference(
            f"{source!r} is a page, not a model. Write its id: {page.group(1)!r}."
        )
    if "://" in source:
        return _kind_of_address(source)
    if _HUB_ID.fullmatch(source) and ".." not in source and "--" not in source:
        return ModelKind.HUB
    raise InvalidModelReference(f"{source!r} names no model. {_hint(source)}{_FORMS}")


def _hint(source: str) -> str:
    if source.startswith(("/", "./", "../", "~")):
        return f"If it is a path, write `file://{Path(source).expanduser().absolute()}`. "
    if re.fullmatch(r"[\w.-]+", source):
        return f"If it is NVIDIA's, write `nvidia/{source}`. "
    return ""


def _kind_of_address(source: str) -> ModelKind:
    parts = _split(source)
    if parts.scheme == "file":
        return _file_kind(source, parts)
    if parts.scheme not in {"https", "http"}:
        raise InvalidModelReference(
            f"{_shown(source)!r}: `{parts.scheme}://` is not supported. {_FORMS}"
        )
    label = _shown(source)
    if parts.username or parts.password:
        raise InvalidModelReference(
            "An address with a user name or password would end up in logs. "
            "Use a signed address, or fetch the file first and name it with file://."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise InvalidModelReference(
            f"{label!r}: models come over https only, so that they cannot be changed in transit."
        )
    if not parts.hostname or not parts.path.endswith(".nemo"):
        raise InvalidModelReference(f"{label!r} must name a host and a file that ends in `.nemo`.")
    return ModelKind.HTTPS


def _split(source: str) -> SplitResult:
    try:
        parts = urlsplit(source)
        _ = parts.port  # raises where the port is no number
    except ValueError as error:
        raise InvalidModelReference(f"{_shown(source)!r} is not an address: {error}.") from error
    return parts


def _file_kind(source: str, parts: SplitResult) -> ModelKind:
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise InvalidModelReference(
            f"{source!r}: a file:// address needs three slashes and an absolute path, "
            "such as file:///models/voice.nemo."
        )
    if parts.query or parts.fragment:
        raise InvalidModelReference(f"{source!r}: write `?` and `#` in a path as %3F and %23.")
    if _ENCODED.search(parts.path) or not _FILE_PATH.fullmatch(unquote(parts.path)):
        raise InvalidModelReference(
            f"{source!r}: write the plain path of a file, without `.`, `..`, `//`, backslashes and "
            "control characters, such as file:///models/voice.nemo."
        )
    return ModelKind.FILE


def _checked_revision(revision: str | None) -> str | None:
    if not revision:
        return None
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise InvalidModelReference(
            f"{revision!r} is not a revision: write a commit, a tag or a branch."
        )
    return revision


def _checked_sha256(sha256: str | None) -> str | None:
    if not sha256:
        return None
    digest = sha256.strip().lower().removeprefix("sha256:")
    if not is_sha256(digest):
        raise InvalidModelReference(
            f"{sha256!r} is not a SHA-256: that is 64 hexadecimal digits, as `sha256sum` prints."
        )
    return digest


def is_commit(revision: str | None) -> bool:
    """Returns whether the revision is a complete commit id, which always means the same."""
    return revision is not None and _COMMIT.fullmatch(revision) is not None


def is_sha256(digest: str | None) -> bool:
    """Returns whether this is a SHA-256 in lower-case hexadecimal."""
    return digest is not None and _SHA256.fullmatch(digest) is not None


def is_loopback(host: str | None) -> bool:
    """Returns whether the host can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def identity_of(reference: ModelReference, *, hub_host: str, demo_file: str | None = None) -> str:
    """Returns `<host>--<owner>--<name>`: the part of the directory's name before the `@`."""
    if reference.kind is ModelKind.HUB:
        owner, name = reference.source.split("/")
        return "--".join((_safe(hub_host), owner, name))
    if reference.kind is ModelKind.DEMO:
        return f"local--demo--{_safe((demo_file or '').removesuffix('.nemo'))}"
    if reference.kind is ModelKind.FILE:
        return f"local--file--{_safe(reference.path.stem)}"
    parts = urlsplit(reference.source)
    folder, _, file = unquote(parts.path).strip("/").rpartition("/")
    owner = _safe(folder.replace("/", ".") or "root")
    return "--".join((_safe(parts.netloc), owner, _safe(file.removesuffix(".nemo"))))


def _safe(text: str) -> str:
    """Returns the text as one unambiguous piece of a directory's name."""
    name = _UNSAFE.sub("_", text).replace("--", "-_").strip(".") or "unnamed"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:80]}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
