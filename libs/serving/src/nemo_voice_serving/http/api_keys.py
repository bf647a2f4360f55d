"""API keys: reads them from a file, and refuses requests that bring none of them.

`build_app` adds the middleware where `NEMO_VOICE_API_KEYS_FILE` is set.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nemo_voice_serving.errors import InvalidApiKey
from nemo_voice_serving.http.addresses import own_path
from nemo_voice_serving.http.client_secrets import signer_of
from nemo_voice_serving.http.quotas import Quotas
from nemo_voice_serving.http.scopes import UnsupportedScope
from nemo_voice_serving.mounted_files import contents_of

logger = logging.getLogger(__name__)

DOCS_FILES = "/docs/files"
"""Where the files are that `/docs` refers to."""
METRICS_PATHS = frozenset({"/metrics", "/v1/metrics"})
OPEN_PATHS = METRICS_PATHS | {
    "/v1/health/live",
    "/healthz",
    "/v1/health/ready",
    "/v1/health/startup",
    "/readyz",
    "/docs",
    f"{DOCS_FILES}/swagger-ui-bundle.js",
    f"{DOCS_FILES}/swagger-ui.css",
    f"{DOCS_FILES}/favicon.png",
    "/openapi.json",
}
"""HTTP paths that need no key: probes and Prometheus have none; the description is public."""
TOKEN_SUBPROTOCOL = "realtime-token."  # noqa: S105 what precedes one
"""What NVIDIA's clients put before the secret that a session was made with."""
KEY_SUBPROTOCOLS = ("openai-insecure-api-key.", TOKEN_SUBPROTOCOL)
"""What precedes a key among the subprotocols of a WebSocket: OpenAI's clients, and NVIDIA's."""
KEY_DIGEST = "api_key_digest"
"""Where the state of a scope has the digest of the key that it was admitted with."""


class ApiKeys:
    """The keys in a file, or in all files of a folder, read again at each check.

    Only digests are kept. Reading costs microseconds and misses no change: neither an edit nor the
    swapped symbolic link of a mounted Secret.
    """

    def __init__(
        self, path: Path, changed: Callable[[frozenset[bytes]], None] = lambda _digests: None
    ) -> None:
        """Takes the path of the keys, and a callback for the digests of each new set of keys."""
        self._path = path
        self._changed = changed
        self._read: bytes | None = None
        self._digests: frozenset[bytes] = frozenset()
        self._problem: str | None = None
        self._refresh()

    def admit(self, key: bytes) -> bytes | None:
        """Returns the key's digest, or None when the key is not valid."""
        self._refresh()
        digest = hashlib.sha256(key).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return digest if any(matches) else None

    def admit_secret(self, secret: str) -> bytes | None:
        """Returns the digest of the key that signed a client secret; None when it is not valid."""
        self._refresh()
        return signer_of(secret, self._digests)

    def problem(self) -> str | None:
        """Returns why no key is valid at present, or None when one is."""
        self._refresh()
        return self._problem

    def _refresh(self) -> None:
        try:
            contents = b"\n".join(contents_of(self._path).values())
        except OSError as error:
            self._set(None, frozenset(), f"the API keys cannot be read: {error}")
            return
        read = hashlib.sha256(contents).digest()
        if read != self._read:
            digests = _digests(contents)
            problem = None if digests else f"there is no API key in {self._path}"
            self._set(read, digests, problem)

    def _set(self, read: bytes | None, digests: frozenset[bytes], problem: str | None) -> None:
        if problem is None:
            logger.info("api keys read", extra={"path": str(self._path), "keys": len(digests)})
        elif problem != self._problem:
            logger.error("every request is refused", extra={"reason": problem})
        self._read, self._digests, self._problem = read, digests, problem
        if problem is None:
            # Not for a file that is missing or empty for a moment: quotas would forget the usage.
            self._changed(digests)


def _digests(contents: bytes) -> frozenset[bytes]:
    lines = (line.strip() for line in contents.splitlines())
    keys = (line for line in lines if line and not line.startswith(b"#"))
    return frozenset(hashlib.sha256(key).digest() for key in keys)


class KeyMiddleware:
    """Refuses requests and WebSockets without a valid key before they are routed or read.

    It wraps all routes, so that a new route needs a key until its path is listed as open.
    """

    def __init__(
        self, app: ASGIApp, *, keys: ApiKeys, quotas: Quotas, open_paths: frozenset[str]
    ) -> None:
        self._app = app
        self._keys = keys
        self._quotas = quotas
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and adds the key's quota to the response's headers.

        Raises:
            InvalidApiKey: The request has no key, or none that is valid.
            RateLimitExceeded: The key has reached a limit.
            UnsupportedScope: The scope is neither HTTP, a WebSocket nor the lifespan.
        """
        if self._is_open(scope):
            await self._app(scope, receive, send)
            return
        if scope["type"] not in {"http", "websocket"}:
            raise UnsupportedScope(scope)
        key = sent_key(scope)
        if key is None:
            message = (
                "This service wants an API key: 'Authorization: Bearer KEY' or 'api-key: KEY'."
            )
            raise InvalidApiKey(message)
        digest = self._keys.admit(key)
        if digest is None and scope["type"] == "websocket":
            digest = self._keys.admit_secret(key.decode("latin-1"))
        if digest is None:
            raise InvalidApiKey("The API key is not valid here.")
        scope.setdefault("state", {})[KEY_DIGEST] = digest
        with self._quotas.request(digest) as usage:

            async def send_with_quota(message: Message) -> None:
                if message["type"] == "http.response.start":
                    quota = [(n.encode(), value.encode()) for n, value in usage.headers().items()]
                    message = {**message, "headers": [*message.get("headers", []), *quota]}
                await send(message)

            await self._app(scope, receive, send_with_quota)

    def _is_open(self, scope: Scope) -> bool:
        if scope["type"] == "http":
            return own_path(scope) in self._open_paths
        return bool(scope["type"] == "lifespan")


def sent_key(scope: Scope) -> bytes | None:
    """Returns the key of OpenAI's and NVIDIA's clients, else that of Azure's; None without one.

    A page in a browser cannot set headers of a WebSocket: its key is a subprotocol.
    """
    headers = Headers(scope=scope)
    scheme, _, key = headers.get("authorization", "").partition(" ")
    sent = key if scheme.lower() == "bearer" and key.strip() else headers.get("api-key", "")
    offered = scope.get("subprotocols", []) if scope["type"] == "websocket" else []
    for prefix in KEY_SUBPROTOCOLS:
        for subprotocol in offered:
            if subprotocol.startswith(prefix):
                sent = sent or subprotocol.removeprefix(prefix)
    return sent.encode("latin-1", "replace").strip() or None
