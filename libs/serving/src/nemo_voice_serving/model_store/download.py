"""Downloads a file over HTTP and resumes it after a cut, in this process or the next one."""

import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from nemo_voice_serving.model_store.archive import MAX_UNPACKED_BYTES
from nemo_voice_serving.model_store.config_finder import (
    MOST_SEARCHED_BYTES,
    ConfigFinder,
    ConfigJudge,
    ConfigWatch,
)
from nemo_voice_serving.model_store.disk import FreeBytes, require_space
from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelArchiveRefused,
    ModelDiskFull,
    ModelDownloadFailed,
)
from nemo_voice_serving.model_store.http_errors import (
    connection_error,
    network_reason,
    status_error,
)
from nemo_voice_serving.model_store.partial_file import PartialFile, RemoteFile, version_of
from nemo_voice_serving.model_store.progress import Phase, ProgressReporter
from nemo_voice_serving.model_store.reference import is_loopback
from nemo_voice_serving.model_store.retry import Retries, Transient

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class ReceivedFile:
    """A whole file on disk."""

    path: Path
    version: str | None
    """The server's name for this content."""


class Downloader:
    """Downloads files, each into a folder whose lock the caller holds.

    Args:
        retries: How often to try again.
        free: Returns the free bytes of a directory's disk.
        read_timeout_s: Seconds without a byte after which a connection counts as cut.
        trusted_origin: A `scheme://host` that may be plain http, because the settings name it.
        limit_bytes: Largest file that is accepted.
        context: Whose certificates are trusted; None = the system's authorities.
    """

    def __init__(
        self,
        *,
        retries: Retries,
        free: FreeBytes,
        read_timeout_s: float,
        trusted_origin: str,
        limit_bytes: int = MAX_UNPACKED_BYTES,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._retries = retries
        self._free = free
        self._timeout = httpx2.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S)
        self._trusted_origin = trusted_origin
        self._limit_bytes = limit_bytes
        self._verify: ssl.SSLContext | bool = context or True

    def fetch(
        self,
        remote: RemoteFile,
        folder: Path,
        reporter: ProgressReporter,
        judge: ConfigJudge | None = None,
    ) -> ReceivedFile:
        """Returns the complete file in the folder, resuming a part that an earlier try left there.

        Args:
            remote: The file.
            folder: Where it is put.
            reporter: Counts its bytes.
            judge: Gets the model's configuration as soon as it has arrived; what it raises ends the
                download.

        Raises:
            ModelNotFound: The server has no such file.
            ModelUnauthorized: It wants a token, or another one.
            ModelDownloadFailed: It failed too often.
            ModelDiskFull: The file and its contents do not fit.
        """
        download = PartialFile(remote, folder)
        done_bytes = download.have_bytes()
        size_bytes = download.size_bytes
        reporter.enter(Phase.DOWNLOADING, done_bytes=done_bytes, total_bytes=size_bytes)
        with self._client() as client:
            what = f"Downloading {remote.label}"
            self._retries.run(lambda: self._request_rest(client, download, reporter, judge), what)
        return ReceivedFile(download.path, download.version)

    def read_config(self, remote: RemoteFile) -> bytes | None:
        """Returns a model's configuration, of which only the file's beginning is downloaded.

        None where that holds none.

        Raises:
            ModelStoreError: As `fetch` does.
        """
        with self._client() as client:
            what = f"Reading the configuration of {remote.label}"
            return self._retries.run(lambda: _request_config(client, remote), what)

    def current_version(self, remote: RemoteFile, known: str, retries: Retries) -> str | None:
        """Returns the server's current version; no body is sent if that is the known one."""
        with self._client() as client:
            what = f"Reading the version of {remote.label}"
            return retries.run(lambda: _request_version(client, remote, known), what)

    def _client(self) -> httpx2.Client:
        hooks: dict[str, list[Callable[..., None]]] = {"request": [self._refuse_plain_http]}
        return httpx2.Client(
            follow_redirects=True, timeout=self._timeout, event_hooks=hooks, verify=self._verify
        )

    def _refuse_plain_http(self, request: httpx2.Request) -> None:
        """Refuses a request over plain http; httpx calls it for redirects too."""
        url = str(request.url)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        trusted = request.url.scheme == "https" or origin == self._trusted_origin
        if not trusted and not is_loopback(request.url.host):
            raise ModelDownloadFailed(
                f"The download leads to {url.partition('?')[0]}: models come over https only.",
                reason=FailureReason.INSECURE_ADDRESS,
            )

    def _request_rest(
        self,
        client: httpx2.Client,
        download: PartialFile,
        reporter: ProgressReporter,
        judge: ConfigJudge | None,
    ) -> None:
        have_bytes = download.have_bytes()
        if have_bytes and have_bytes == download.size_bytes:
            return
        with _responding(client, download.remote, download.request_headers()) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                download.discard()
                raise Transient(
                    "the part on disk was not of this file",
                    reason=FailureReason.UNEXPECTED_RESPONSE,
                )
            _raise_for_status(response, download.remote)
            start_bytes = download.start(response)
            left_bytes = (download.size_bytes or 0) - start_bytes
            # The archive and its contents lie side by side until the contents are checked.
            needed_bytes = left_bytes + (download.size_bytes or 0)
            watch = ConfigWatch(judge)
            watch.feed_file(download.path, start_bytes)
            try:
                folder = download.path.parent
                require_space(folder, needed_bytes, self._free, "download and unpack it")
            except ModelDiskFull:
                watch.feed_until_judged(response.iter_raw())  # for a refused one, room is no help
                raise
            reporter.enter(
                Phase.DOWNLOADING, done_bytes=start_bytes, total_bytes=download.size_bytes
            )
            self._receive(response, download, start_bytes, reporter, watch)

    def _receive(
        self,
        response: httpx2.Response,
        download: PartialFile,
        start_bytes: int,
        reporter: ProgressReporter,
        watch: ConfigWatch,
    ) -> None:
        have_bytes = start_bytes
        try:
            with download.path.open("r+b") as file:
                file.truncate(start_bytes)
                file.seek(start_bytes)
                for chunk in response.iter_raw():
                    file.write(chunk)
                    have_bytes += len(chunk)
                    reporter.advance(len(chunk))
                    watch.feed(chunk)
                    if have_bytes > self._limit_bytes:
                        download.discard()
                        raise ModelArchiveRefused(
                            f"{download.remote.label} sends more than {self._limit_bytes} bytes.",
                            reason=FailureReason.UNSAFE_ARCHIVE,
                        )
        except httpx2.TransportError as error:
            progressed = download.is_furthest(have_bytes)
            raise Transient(
                f"cut after {have_bytes} bytes",
                reason=network_reason(error),
                progressed=progressed,
            ) from error
        download.check_complete(have_bytes)


@contextlib.contextmanager
def _responding(
    client: httpx2.Client, remote: RemoteFile, headers: Mapping[str, str]
) -> Iterator[httpx2.Response]:
    try:
        with client.stream("GET", remote.url, headers=dict(headers)) as response:
            yield response
    except httpx2.TransportError as error:
        raise connection_error(error) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ModelDownloadFailed(f"{remote.label} cannot be downloaded: {error}.") from error


def _request_config(client: httpx2.Client, remote: RemoteFile) -> bytes | None:
    finder = ConfigFinder()
    headers = {**remote.headers, "Accept-Encoding": "identity"}
    with _responding(client, remote, headers) as response:
        _raise_for_status(response, remote)
        seen_bytes = 0
        for chunk in response.iter_raw():
            config, seen_bytes = finder.feed(chunk), seen_bytes + len(chunk)
            if finder.is_over or seen_bytes > MOST_SEARCHED_BYTES:
                return config
    return None


def _request_version(client: httpx2.Client, remote: RemoteFile, known: str) -> str | None:
    is_etag = known.startswith(('"', "W/"))
    condition = {"If-None-Match" if is_etag else "If-Modified-Since": known}
    with _responding(client, remote, {**remote.headers, **condition}) as response:
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return known
        _raise_for_status(response, remote)
        return version_of(response)


def _raise_for_status(response: httpx2.Response, remote: RemoteFile) -> None:
    if not response.is_success:
        raise status_error(
            response,
            remote.label,
            if_denied="may not be read",
            remedy="Set HF_TOKEN for a hub; for an address, use a signed one that has not expired.",
        )
