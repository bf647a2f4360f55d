"""A file on a server and the part of it on disk: what may be appended to what.

Called by `model_download`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from nemo_voice_serving.model_store.errors import FailureReason
from nemo_voice_serving.model_store.retry import Transient

_PART_NAME = "download.nemo"
_NOTE_NAME = "download.json"


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server, and what is known about it beforehand."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int | None = None
    sha256: str | None = None
    """The digest its server states."""
    version: str | None = None
    """Names the content where the address alone does; None = the server's ETag is asked."""

    @property
    def label(self) -> str:
        """The address for messages: without the query, which may be a signature."""
        return self.url.partition("?")[0]


def version_of(response: httpx2.Response) -> str | None:
    """Returns the server's name for the content: its ETag, else its date."""
    return response.headers.get("ETag") or response.headers.get("Last-Modified")


class _Note(BaseModel):
    """Whose bytes are on disk, so that others are never appended to them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str | None
    size_bytes: int | None


def _noted(folder: Path) -> _Note:
    try:
        return _Note.model_validate_json((folder / _NOTE_NAME).read_bytes())
    except (FileNotFoundError, ValidationError):
        return _Note(version=None, size_bytes=None)


def discard_useless_part(folder: Path) -> None:
    """Removes the bytes below the folder, if there are any that no later try could go on with."""
    if _noted(folder).version is None:
        (folder / _PART_NAME).unlink(missing_ok=True)
        (folder / _NOTE_NAME).unlink(missing_ok=True)


class PartialFile:
    """The file being downloaded, and the note beside it that says whose bytes it holds."""

    def __init__(self, remote: RemoteFile, folder: Path) -> None:
        self.remote = remote
        self.path = folder / _PART_NAME
        self._note = folder / _NOTE_NAME
        self._furthest_bytes = 0
        self._known = _noted(folder)
        if remote.version is not None and self._known.version != remote.version:
            self.discard()

    @property
    def version(self) -> str | None:
        """What the server calls the content of which this is a part."""
        return self._known.version

    @property
    def size_bytes(self) -> int | None:
        """Size of the whole file, when somebody said it."""
        return self.remote.size_bytes or self._known.size_bytes

    def have_bytes(self) -> int:
        """Returns how many bytes on disk a download may go on from."""
        if self._known.version is None or not self.path.exists():
            return 0
        return self.path.stat().st_size

    def request_headers(self) -> dict[str, str]:
        """Returns what to ask for: the rest, if it is still of the same content."""
        headers = {**self.remote.headers, "Accept-Encoding": "identity"}
        if have_bytes := self.have_bytes():
            headers["Range"] = f"bytes={have_bytes}-"
            if self.remote.version is None and self._known.version is not None:
                headers["If-Range"] = self._known.version
        return headers

    def start(self, response: httpx2.Response) -> int:
        """Returns where the response's first byte belongs, and notes whose bytes they are."""
        have_bytes = self.have_bytes()
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            self._check_part(response, have_bytes)
            return have_bytes
        length = response.headers.get("Content-Length")
        size_bytes = int(length) if length is not None else self.remote.size_bytes
        version = self.remote.version or version_of(response)
        self.discard()
        self._known = _Note(version=version, size_bytes=size_bytes)
        self._note.write_text(self._known.model_dump_json())
        self.path.touch()
        return 0

    def _check_part(self, response: httpx2.Response, have_bytes: int) -> None:
        content_range = response.headers.get("Content-Range", "")
        total = content_range.rpartition("/")[2]
        follows = content_range.startswith(f"bytes {have_bytes}-")
        same_size = total in {str(self.size_bytes), "*"}
        # A hub's address names its content; the ETag is then that of whichever mirror answers.
        same_content = self.remote.version or version_of(response) in {None, self.version}
        if not (follows and same_size and same_content):
            self.discard()
            raise Transient(
                f"the server answered with another part: {content_range!r}",
                reason=FailureReason.UNEXPECTED_ANSWER,
            )

    def is_furthest(self, have_bytes: int) -> bool:
        """Returns whether no try came so far, so that a server that always cuts ends the tries."""
        furthest = self._known.version is not None and have_bytes > self._furthest_bytes
        self._furthest_bytes = max(self._furthest_bytes, have_bytes)
        return furthest

    def check_complete(self, have_bytes: int) -> None:
        """Returns when that is the whole file, else lets the next try begin."""
        if self.size_bytes in {None, have_bytes}:
            return
        if have_bytes > (self.size_bytes or 0):
            self.discard()
        raise Transient(
            f"{have_bytes} bytes came instead of {self.size_bytes}",
            reason=FailureReason.CONNECTION_CUT,
        )

    def discard(self) -> None:
        """Removes the part and its note."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self._known = _Note(version=None, size_bytes=None)
