"""A file on a server and its partial copy on disk: which bytes may be appended to which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from nemo_voice_serving.model_store.errors import FailureReason
from nemo_voice_serving.model_store.retry import Transient

_PART_NAME = "download.nemo"
_INFO_NAME = "download.json"


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server, and the facts known before its download."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int | None = None
    sha256: str | None = None
    """The digest that the server states."""
    version: str | None = None
    """Identifies the content at this address; None = the server's ETag does."""

    @property
    def label(self) -> str:
        """The address for messages, without the query, which may be a signature."""
        return self.url.partition("?")[0]


def version_of(response: httpx2.Response) -> str | None:
    """Returns the server's name for the content: its ETag, else its Last-Modified."""
    return response.headers.get("ETag") or response.headers.get("Last-Modified")


class _PartInfo(BaseModel):
    """Version and size of the file whose part is on disk, so that no other is appended to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str | None
    size_bytes: int | None


def _part_info(folder: Path) -> _PartInfo:
    try:
        return _PartInfo.model_validate_json((folder / _INFO_NAME).read_bytes())
    except (FileNotFoundError, ValidationError):
        return _PartInfo(version=None, size_bytes=None)


def discard_unusable_part(folder: Path) -> None:
    """Removes the folder's partial file, if no later try could resume it."""
    if _part_info(folder).version is None:
        (folder / _PART_NAME).unlink(missing_ok=True)
        (folder / _INFO_NAME).unlink(missing_ok=True)


class PartialFile:
    """The partial file in a folder, and a note beside it with its version and size."""

    def __init__(self, remote: RemoteFile, folder: Path) -> None:
        self.remote = remote
        self.path = folder / _PART_NAME
        self._info_path = folder / _INFO_NAME
        self._furthest_bytes = 0
        self._known = _part_info(folder)
        if remote.version is not None and self._known.version != remote.version:
            self.discard()

    @property
    def version(self) -> str | None:
        """The server's name for the content of which this is a part."""
        return self._known.version

    @property
    def size_bytes(self) -> int | None:
        """Size of the complete file, if it is known."""
        return self.remote.size_bytes or self._known.size_bytes

    def have_bytes(self) -> int:
        """Returns how many bytes on disk a download may resume from."""
        if self._known.version is None or not self.path.exists():
            return 0
        return self.path.stat().st_size

    def request_headers(self) -> dict[str, str]:
        """Returns headers that request the rest, if the content is still the same."""
        headers = {**self.remote.headers, "Accept-Encoding": "identity"}
        if have_bytes := self.have_bytes():
            headers["Range"] = f"bytes={have_bytes}-"
            if self.remote.version is None and self._known.version is not None:
                headers["If-Range"] = self._known.version
        return headers

    def start(self, response: httpx2.Response) -> int:
        """Returns the offset of the response's first byte, after noting version and size."""
        have_bytes = self.have_bytes()
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            self._check_part(response, have_bytes)
            return have_bytes
        length = response.headers.get("Content-Length")
        size_bytes = int(length) if length is not None else self.remote.size_bytes
        version = self.remote.version or version_of(response)
        self.discard()
        self._known = _PartInfo(version=version, size_bytes=size_bytes)
        self._info_path.write_text(self._known.model_dump_json())
        self.path.touch()
        return 0

    def _check_part(self, response: httpx2.Response, have_bytes: int) -> None:
        content_range = response.headers.get("Content-Range", "")
        total = content_range.rpartition("/")[2]
        follows = content_range.startswith(f"bytes {have_bytes}-")
        same_size = total in {str(self.size_bytes), "*"}
        # A hub's address identifies its content; the ETag may then be that of any mirror.
        same_content = self.remote.version or version_of(response) in {None, self.version}
        if not (follows and same_size and same_content):
            self.discard()
            raise Transient(
                f"the response is another part: {content_range!r}",
                reason=FailureReason.UNEXPECTED_RESPONSE,
            )

    def is_furthest(self, have_bytes: int) -> bool:
        """Returns whether no earlier try got so far.

        Only such a try resets the count of failures: else a server that always cuts would prolong
        the tries for ever.
        """
        furthest = self._known.version is not None and have_bytes > self._furthest_bytes
        self._furthest_bytes = max(self._furthest_bytes, have_bytes)
        return furthest

    def check_complete(self, have_bytes: int) -> None:
        """Checks the size of the file, and raises `Transient` if it is not complete."""
        if self.size_bytes in {None, have_bytes}:
            return
        if have_bytes > (self.size_bytes or 0):
            self.discard()
        raise Transient(
            f"{have_bytes} bytes came instead of {self.size_bytes}",
            reason=FailureReason.CONNECTION_CUT,
        )

    def discard(self) -> None:
        """Removes the partial file and its note."""
        self.path.unlink(missing_ok=True)
        self._info_path.unlink(missing_ok=True)
        self._known = _PartInfo(version=None, size_bytes=None)
