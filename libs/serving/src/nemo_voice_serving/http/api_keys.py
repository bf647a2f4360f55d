"""Who may use a service, and how much: keys from a file, and an account for each of them.

`app.py` puts it around an application whose settings name such a file.
"""

import contextlib
import hashlib
import hmac
import logging
from collections.abc import Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nemo_voice_serving.errors import InvalidApiKey
from nemo_voice_serving.http.quotas import Accounts
from nemo_voice_serving.http.scopes import UnsupportedScope

logger = logging.getLogger(__name__)

METRICS_PATHS = frozenset({"/metrics", "/v1/metrics"})
OPEN_PATHS = METRICS_PATHS | {
    "/v1/health/live",
    "/healthz",
    "/v1/health/ready",
    "/readyz",
    "/docs",
    "/openapi.json",
}
"""What needs no key: probes and Prometheus have none, and the description is the same for all."""

_MAX_FILE_BYTES = 1024 * 1024
"""As much as a Secret can hold."""


class ApiKeys:
    """The keys in a file, or in all files of a folder, as they are at the moment of asking.

    Only digests are kept. Reading anew each time costs microseconds, and no change is ever missed:
    neither an edit nor the swapped symbolic link of a mounted Secret.
    """

    def __init__(
        self, path: Path, changed: Callable[[frozenset[bytes]], None] = lambda _digests: None
    ) -> None:
        """Takes where the keys are, and who is told the digests whenever they change."""
        self._path = path
        self._changed = changed
        self._read: bytes | None = None
        self._digests: frozenset[bytes] = frozenset()
        self._trouble: str | None = None
        self._refresh()

    def admit(self, key: bytes) -> bytes | None:
        """Returns the key's digest when it is one of them."""
        self._refresh()
        digest = hashlib.sha256(key).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return digest if any(matches) else None

    def trouble(self) -> str | None:
        """Returns why nobody can have a valid key at present, or None."""
        self._refresh()
        return self._trouble

    def _refresh(self) -> None:
        try:
            contents = _contents(self._path)
        except OSError as error:
            self._know(None, frozenset(), f"the API keys cannot be read: {error}")
            return
        read = hashlib.sha256(contents).digest()
        if read != self._read:
            digests = _digests(contents)
            trouble = None if digests else f"there is no API key in {self._path}"
            self._know(read, digests, trouble)

    def _know(self, read: bytes | None, digests: frozenset[bytes], trouble: str | None) -> None:
        if trouble is None:
            logger.info("api keys read", extra={"path": str(self._path), "keys": len(digests)})
        elif trouble != self._trouble:
            logger.error("every request is refused", extra={"reason": trouble})
        self._read, self._digests, self._trouble = read, digests, trouble
        if trouble is None:
            # A file that is missing or empty for a moment must not make what was used forgotten.
            self._changed(digests)


def _contents(path: Path) -> bytes:
    if not path.is_dir():
        return _content(path)
    found = []
    for file in sorted(path.iterdir()):
        # What begins with a dot is the kubelet's: the links and folders by which it swaps.
        if not file.name.startswith(".") and file.is_file():
            # Of a key that is being taken away, the name goes after the content.
            with contextlib.suppress(FileNotFoundError):
                found.append(_content(file))
    return b"\n".join(found)


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        # Opening a pipe would wait for its writer.
        raise OSError(f"{path} is not a file")
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise OSError(f"{path} is larger than {_MAX_FILE_BYTES} bytes")
    return content


def _digests(contents: bytes) -> frozenset[bytes]:
    lines = (line.strip() for line in contents.splitlines())
    keys = (line for line in lines if line and not line.startswith(b"#"))
    return frozenset(hashlib.sha256(key).digest() for key in keys)


class KeyMiddleware:
    """Refuses requests without a valid key before anything of them is routed, read or queued.

    Outside the routes, so that a route which somebody adds is closed until it is listed as open.
    """

    def __init__(
        self, app: ASGIApp, *, keys: ApiKeys, accounts: Accounts, open_paths: frozenset[str]
    ) -> None:
        self._app = app
        self._keys = keys
        self._accounts = accounts
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on.

        Raises:
            InvalidApiKey: When it has no key, or none that is valid.
            RateLimitExceeded: When the key has used what it may.
            UnsupportedScope: When it is neither HTTP nor a WebSocket.
        """
        if self._is_open(scope):
            await self._app(scope, receive, send)
            return
        if scope["type"] not in {"http", "websocket"}:
            raise UnsupportedScope(scope)
        key = _bearer_key(Headers(scope=scope))
        if key is None:
            raise InvalidApiKey("This service wants an API key: 'Authorization: Bearer KEY'.")
        digest = self._keys.admit(key)
        if digest is None:
            raise InvalidApiKey("The API key is not valid here.")
        with self._accounts.request(digest) as account:

            async def send_with_limits(message: Message) -> None:
                if message["type"] == "http.response.start":
                    left = account.headers().items()
                    told = [(name.encode(), value.encode()) for name, value in left]
                    message = {**message, "headers": [*message.get("headers", []), *told]}
                await send(message)

            await self._app(scope, receive, send_with_limits)

    def _is_open(self, scope: Scope) -> bool:
        if scope["type"] == "http":
            return scope["path"] in self._open_paths
        return bool(scope["type"] == "lifespan")


def _bearer_key(headers: Headers) -> bytes | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.encode("latin-1").strip() or None if scheme.lower() == "bearer" else None
