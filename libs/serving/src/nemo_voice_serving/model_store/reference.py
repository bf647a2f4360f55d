"""Parses what a user writes to name a model, and derives the model's name on disk."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from nemo_voice_serving.model_store.errors import InvalidModelReference
from nemo_voice_serving.model_store.web_addresses import NGC_FORM, file_address, hub_page

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_HUB_FILE = re.compile(r"(?:[^/\\@:?#%\x00-\x1f\x7f]+/)*[^/\\@:?#%\x00-\x1f\x7f]+\.nemo")
_NGC_NAME = re.compile(r"(?:nvidia/)?[\w-]+/[\w.-]+(?:/[\w.-]+)?:[\w.-]+", re.ASCII)
"""As `ngc registry` writes it."""
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
    "Write `demo`, a Hugging Face id (`owner/name`, or `owner/name/file.nemo`), an address "
    "(`https://….nemo`) or a path (`file:///….nemo`, or the directory of an unpacked one)."
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
    """`demo`, `owner/name`, `owner/name/file.nemo`, or an address."""
    revision: str | None = None
    """Commit, tag or branch; for Hugging Face ids only."""
    sha256: str | None = None
    """Digest of the .nemo file, in lower case."""

    @property
    def plain_source(self) -> str:
        """The source without an address's query, which may be a signature that changes."""
        return shown(self.source) if self.kind is ModelKind.HTTPS else self.source

    @property
    def label(self) -> str:
        """The reference for logs and messages."""
        return f"{self.plain_source}@{self.revision}" if self.revision else self.plain_source

    @property
    def repository(self) -> str:
        """The repository of a Hugging Face id: `owner/name`."""
        return "/".join(self.source.split("/", 2)[:2])

    @property
    def file(self) -> str | None:
        """The file that a Hugging Face id names; None where it leaves the choice."""
        return self.source.removeprefix(self.repository).lstrip("/") or None

    @property
    def path(self) -> Path:
        """The local path that a `file` reference names."""
        return Path(unquote(urlsplit(self.source).path))


def shown(source: str) -> str:
    """Returns an address without its query, which may be a signature."""
    return source.partition("?")[0]


def parse_reference(
    source: str, revision: str | None = None, sha256: str | None = None
) -> ModelReference:
    """Returns the parsed reference.

    Raises:
        InvalidModelReference: The message says what to write instead.
    """
    source = file_address(source.strip())
    kind = _kind_of(source)
    if kind is ModelKind.HUB:
        source, revision = _hub_parts(source, revision)
    if revision and kind is not ModelKind.HUB:
        raise InvalidModelReference(
            f"{shown(source)!r} has no revisions: only a Hugging Face id does. "
            "Leave the revision out, or fix the file with its sha256."
        )
    return ModelReference(kind, source, _checked_revision(revision), _checked_sha256(sha256))


def _kind_of(source: str) -> ModelKind:
    if _CONTROL.search(source):
        raise InvalidModelReference(f"{source!r} has control characters. {_FORMS}")
    if source == "demo":
        return ModelKind.DEMO
    if "://" in source:
        return ModelKind.HUB if hub_page(source) else _kind_of_address(source)
    if _is_hub_id(source.partition("@")[0]):
        return ModelKind.HUB
    raise InvalidModelReference(f"{source!r} names no model. {_hint(source)}{_FORMS}")


def _is_hub_id(source: str) -> bool:
    owner_and_name, file = "/".join(source.split("/", 2)[:2]), source.split("/", 2)[2:]
    is_id = _HUB_ID.fullmatch(owner_and_name) and "--" not in owner_and_name
    is_file = not file or _HUB_FILE.fullmatch(file[0])
    names = set(source.split("/"))
    return bool(is_id and is_file) and ".." not in owner_and_name and not names & {".", ".."}


def _hub_parts(source: str, revision: str | None) -> tuple[str, str | None]:
    """Returns the id and the revision, which may be written behind an `@` or in a page's address.

    Raises:
        InvalidModelReference: Two revisions are named, or none behind the `@`.
    """
    if page := hub_page(source):
        source, named = page
        if not _is_hub_id(source):
            raise InvalidModelReference(f"{source!r} names no model. {_FORMS}")
    else:
        source, at, behind = source.partition("@")
        named = behind or None
        if at and not behind:
            raise InvalidModelReference(f"'{source}@' names no revision behind its `@`.")
    if named and revision and named != revision:
        raise InvalidModelReference(
            f"Two revisions of {source} are named: {named!r} and {revision!r}. Leave one out."
        )
    return source, named or revision


def _hint(source: str) -> str:
    if source.startswith(("/", "./", "../", "~")):
        return f"If it is a path, write `file://{Path(source).expanduser().absolute()}`. "
    if re.fullmatch(r"[\w.-]+", source):
        return f"If it is NVIDIA's, write `nvidia/{source}`. "
    if _NGC_NAME.fullmatch(source):
        return f"If it is in NVIDIA's catalog, write {NGC_FORM}. "
    if source.startswith(("huggingface.co/", "hf.co/")):
        return f"If it is a page, write `https://{source}`. "
    if source.count("/") > 1:
        return "A file in a repository ends in `.nemo`. "
    return ""


def _kind_of_address(source: str) -> ModelKind:
    parts = _split(source)
    if parts.scheme == "file":
        return _file_kind(source, parts)
    if parts.scheme not in {"https", "http"}:
        raise InvalidModelReference(
            f"{shown(source)!r}: `{parts.scheme}://` is not supported. {_FORMS}"
        )
    label = shown(source)
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
        raise InvalidModelReference(f"{shown(source)!r} is not an address: {error}.") from error
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
        owner, name = reference.repository.split("/")
        chosen = [_of_file(reference.file)] if reference.file else []
        return "--".join((_safe(hub_host), owner, name, *chosen))
    if reference.kind is ModelKind.DEMO:
        return f"local--demo--{_safe((demo_file or '').removesuffix('.nemo'))}"
    if reference.kind is ModelKind.FILE:
        return f"local--file--{_safe(reference.path.stem)}"
    parts = urlsplit(reference.source)
    folder, _, file = unquote(parts.path).strip("/").rpartition("/")
    owner = _safe(folder.replace("/", ".") or "root")
    return "--".join((_safe(parts.netloc), owner, _safe(file.removesuffix(".nemo"))))


def _of_file(file: str) -> str:
    """Returns a piece for a file of a repository, different for each of its files."""
    stem = file.removesuffix(".nemo")
    name = _safe(stem)
    return name if name == stem else f"{name}-{hashlib.sha256(stem.encode()).hexdigest()[:12]}"


def _safe(text: str) -> str:
    """Returns the text as one unambiguous piece of a directory's name."""
    name = _UNSAFE.sub("_", text).replace("--", "-_").strip(".") or "unnamed"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:80]}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
