"""The parts of an image registry that `docker push` needs; it stores digests only."""

import hashlib
import re
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override


@dataclass
class Pushed:
    """The content of a registry."""

    blobs: set[str] = field(default_factory=set)
    """Digests of complete blobs."""
    manifests: dict[str, bytes] = field(default_factory=dict)
    """By `name:tag`."""
    digests: dict[str, Any] = field(default_factory=dict)
    """Digests of uploads in progress, by upload id."""


class Registry(BaseHTTPRequestHandler):
    """Handles the requests of one connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, pushed: Pushed, *arguments: Any) -> None:
        self._pushed = pushed
        super().__init__(*arguments)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        """Confirms that this is a registry."""
        self._respond(HTTPStatus.OK if self.path == "/v2/" else HTTPStatus.NOT_FOUND)

    def do_HEAD(self) -> None:
        """Reports whether a blob exists; manifests are always pushed again."""
        is_known = self.path.rpartition("/")[2] in self._pushed.blobs
        self._respond(HTTPStatus.OK if is_known else HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Starts an upload."""
        upload = uuid.uuid4().hex
        self._pushed.digests[upload] = hashlib.sha256()
        self._receive()
        place = f"{urlsplit(self.path).path.rstrip('/')}/{upload}"
        self._respond(HTTPStatus.ACCEPTED, Location=place, Range="0-0")

    def do_PATCH(self) -> None:
        """Receives a part of an upload."""
        part = self._receive()
        self._pushed.digests[self._upload()].update(part)
        self._respond(HTTPStatus.ACCEPTED, Location=self.path, Range=f"0-{len(part) - 1}")

    def do_PUT(self) -> None:
        """Completes an upload, or receives a manifest."""
        body = self._receive()
        if found := re.fullmatch(r"/v2/(.+)/manifests/(.+)", self.path):
            self._pushed.manifests[f"{found[1]}:{found[2]}"] = body
            stated = f"sha256:{hashlib.sha256(body).hexdigest()}"
            self._respond(HTTPStatus.CREATED, **{"Docker-Content-Digest": stated})
            return
        digest = self._pushed.digests[self._upload()]
        digest.update(body)
        made = f"sha256:{digest.hexdigest()}"
        (wanted,) = parse_qs(urlsplit(self.path).query)["digest"]
        if made != wanted:
            self._respond(HTTPStatus.BAD_REQUEST)
            return
        self._pushed.blobs.add(made)
        self._respond(HTTPStatus.CREATED, **{"Docker-Content-Digest": made})

    def _upload(self) -> str:
        return urlsplit(self.path).path.rpartition("/")[2]

    def _receive(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return self._chunks()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _respond(self, status: HTTPStatus, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()
