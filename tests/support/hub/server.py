"""A Hugging Face hub on loopback: real HTTP with ranges, redirects, tokens, and faults on demand.

Serves the routes that huggingface_hub requests, and plain files below /files/.
"""

import contextlib
import hashlib
import json
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from typing_extensions import override

TOKEN = "hf_right"
_MISSING = "RepoNotFound"


@dataclass(frozen=True)
class Seen:
    """A request that the hub received."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""


@dataclass
class Repository:
    """A model repository: its commits, and the refs that name them."""

    commits: dict[str, dict[str, bytes]]
    refs: dict[str, str]
    private: bool = False
    gated: bool = False


@dataclass(frozen=True)
class Fault:
    """A fault of the next body, which ends or stalls after so many bytes."""

    after_bytes: int
    stalls: bool = False
    """Keep the connection open and send nothing, instead of closing it."""


@dataclass
class Hub:
    """The hub's content, its behaviour, and the requests it received; tests change it any time."""

    url: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """Plain files by name, at /files/<name>."""
    seen: list[Seen] = field(default_factory=list)
    statuses: deque[tuple[str, int]] = field(default_factory=deque)
    """Statuses of the next requests whose path starts so."""
    response_headers: dict[str, str] = field(default_factory=dict)
    """Headers of these responses."""
    faults: deque[Fault] = field(default_factory=deque)
    """Faults of the next bodies, one each."""
    redirects_to_cdn: bool = False
    """Send bodies from another host, as the real hub does."""
    ignores_ranges: bool = False
    sends_etags: bool = True
    sends_lengths: bool = True
    wrong_part: bool = False
    """Respond to a range with another one."""
    stalled: threading.Event = field(default_factory=threading.Event)
    """Set as soon as a body stalls."""
    released: threading.Event = field(default_factory=threading.Event)
    """Lets stalled bodies end."""

    def add(
        self, name: str, content: dict[str, bytes], *, commit: str = "a" * 40, ref: str = "main"
    ) -> Repository:
        """Adds a commit that the ref names, and returns the repository."""
        repository = self.repositories.setdefault(name, Repository({}, {}))
        repository.commits[commit] = content
        repository.refs[ref] = commit
        return repository

    def bodies(self) -> list[Seen]:
        """Returns the requests for files' contents."""
        places = ("/resolve/", "/files/", "/cdn/")
        return [
            seen
            for seen in self.seen
            if seen.method == "GET" and any(place in seen.path for place in places)
        ]

    def ranges(self) -> list[str | None]:
        """Returns the Range header of each request for contents."""
        return [seen.headers.get("range") for seen in self.bodies()]


@contextlib.contextmanager
def running_hub(
    host: str = "127.0.0.1", port: int = 0, certificate: Path | None = None
) -> Iterator[Hub]:
    """Yields a hub that listens until the block ends; by default on a port of loopback.

    Args:
        host: The address to listen on.
        port: The port; 0 = a free one.
        certificate: Its key and certificate; it then speaks https.
    """
    server = ThreadingHTTPServer((host, port), _Handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        scheme, context = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake belongs to the connection's thread: a client that refuses it stops nobody.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    server.hub = hub = Hub(f"{scheme}://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        found: Hub = self.server.hub  # type: ignore[attr-defined]
        return found

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: tests read `Hub.seen`."""

    def do_GET(self) -> None:
        self._respond()

    def do_HEAD(self) -> None:
        self._respond()

    def _respond(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.seen.append(Seen(self.command, self.path, headers))
        path = unquote(urlsplit(self.path).path)
        statuses = self.hub.statuses
        if statuses and path.startswith(statuses[0][0]):
            self._send(statuses.popleft()[1], self.hub.response_headers)
        elif path.startswith("/api/models/"):
            self._describe(path.removeprefix("/api/models/"))
        elif path.startswith("/files/"):
            self._send_plain(path.removeprefix("/files/"))
        elif path.startswith("/cdn/"):
            self._send_body(self._by_digest(path.removeprefix("/cdn/")), '"cdn"')
        else:
            self._resolve(path)

    def _allowed(self, repository: Repository | None) -> bool:
        """Returns whether the repository may be read, after the hub's response if it may not."""
        token = self.headers.get("Authorization")
        if token not in {None, f"Bearer {TOKEN}"}:
            message = {"X-Error-Message": "Invalid credentials in Authorization header"}
            self._send(401, message)
        elif repository is None or (repository.private and token is None):
            self._send(404 if token else 401, {"X-Error-Code": _MISSING})
        else:
            return True
        return False

    def _describe(self, rest: str) -> None:
        name, _, revision = rest.partition("/revision/")
        repository = self.hub.repositories.get(name)
        if not self._allowed(repository):
            return
        assert repository is not None
        commit = repository.refs.get(revision or "main", revision)
        if commit not in repository.commits:
            self._send(404, {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = [{"rfilename": file} for file in repository.commits[commit]]
        facts = {"id": name, "sha": commit, "siblings": siblings, "gated": repository.gated}
        body = json.dumps(facts).encode()
        self._send(200, {"Content-Type": "application/json"}, body)

    def _resolve(self, path: str) -> None:
        name, _, rest = path.strip("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        repository = self.hub.repositories.get(name)
        if not self._allowed(repository):
            return
        assert repository is not None
        if repository.gated and "Authorization" not in self.headers:
            self._send(401, {"X-Error-Code": "GatedRepo"})
            return
        content = repository.commits[repository.refs.get(revision, revision)][file]
        digest = hashlib.sha256(content).hexdigest()
        headers = {"X-Repo-Commit": revision, "X-Linked-Etag": f'"{digest}"'}
        headers["X-Linked-Size"] = str(len(content))
        if self.hub.redirects_to_cdn:
            # Another name of this machine is another host to a client.
            elsewhere = self.hub.url.replace("127.0.0.1", "localhost")
            self._send(302, headers | {"Location": f"{elsewhere}/cdn/{digest}"})
        else:
            self._send_body(content, f'"{digest}"', headers)

    def _by_digest(self, digest: str) -> bytes:
        contents = (
            content
            for repository in self.hub.repositories.values()
            for files in repository.commits.values()
            for content in files.values()
        )
        return next(c for c in contents if hashlib.sha256(c).hexdigest() == digest)

    def _send_plain(self, name: str) -> None:
        content = self.hub.files.get(name)
        if content is None:
            self._send(404)
            return
        etag = f'"{hashlib.md5(content).hexdigest()}"' if self.hub.sends_etags else None  # noqa: S324 — an ETag
        if etag is not None and self.headers.get("If-None-Match") == etag:
            self._send(304)
        else:
            self._send_body(content, etag)

    def _send_body(
        self, content: bytes, etag: str | None, headers: dict[str, str] | None = None
    ) -> None:
        start = self._start_of(etag)
        if start is not None and start >= len(content):
            self._send(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        self.send_response(200 if start is None else 206)
        first = start or 0
        if start is not None:
            shown = first + 1 if self.hub.wrong_part else first
            self.send_header("Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if etag is not None:
            self.send_header("ETag", etag)
        self._send_part(content[first:])

    def _send_part(self, content: bytes) -> None:
        if self.hub.sends_lengths:
            self.send_header("Content-Length", str(len(content)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        fault = self.hub.faults.popleft() if self.hub.faults else None
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content if fault is None else content[: fault.after_bytes])
        if fault is not None:
            self.close_connection = True
            if fault.stalls:
                self.hub.stalled.set()
                self.hub.released.wait(120)

    def _start_of(self, etag: str | None) -> int | None:
        wanted = self.headers.get("Range")
        condition = self.headers.get("If-Range")
        if wanted is None or self.hub.ignores_ranges or condition not in {None, etag}:
            return None
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    def _send(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
