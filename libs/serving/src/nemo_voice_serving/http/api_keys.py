"""Refuses HTTP requests that bring no valid API key, and counts those of each key.

`build_app` adds the middleware where `NEMO_VOICE_API_KEYS_FILE` is set.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nemo_voice_serving.access.api_keys import ApiKeys, key_in
from nemo_voice_serving.access.quotas import Quotas
from nemo_voice_serving.http.addresses import own_path
from nemo_voice_serving.http.scopes import UnsupportedScope

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
    "/docs/start.js",
    "/openapi.json",
}
"""HTTP paths that need no key: probes and Prometheus have none; the description is public."""
TOKEN_SUBPROTOCOL = "realtime-token."  # noqa: S105 what precedes one
"""What NVIDIA's clients put before the secret that a session was made with."""
KEY_SUBPROTOCOLS = ("openai-insecure-api-key.", TOKEN_SUBPROTOCOL)
"""What precedes a key among the subprotocols of a WebSocket: OpenAI's clients, and NVIDIA's."""
KEY_DIGEST = "api_key_digest"
"""Where the state of a scope has the digest of the key that it was admitted with."""


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
        digest = self._keys.digest_of(sent_key(scope), or_of_secret=scope["type"] == "websocket")
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
    """Returns the key of a request; None without one.

    A page in a browser cannot set headers of a WebSocket: its key is a subprotocol.
    """
    headers = Headers(scope=scope)
    named = headers.get("api-key", "") or headers.get("xi-api-key", "")  # Azure's, ElevenLabs'
    key = key_in(headers.get("authorization", ""), named)
    offered = scope.get("subprotocols", []) if scope["type"] == "websocket" else []
    for prefix in KEY_SUBPROTOCOLS:
        for subprotocol in offered:
            if subprotocol.startswith(prefix):
                sent = subprotocol.removeprefix(prefix).encode("latin-1", "replace")
                key = key or sent.strip() or None
    return key
