"""Calls from web pages of other origins, where a setting names them.

`app.py` puts it around everything else: a browser asks first without a key, and must be able to
read a refusal.
"""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp
from typing_extensions import override

from nemo_voice_serving.errors import InvalidRequest

_TOLD = (
    "X-Request-Id",
    "Retry-After",
    "retry-after-ms",
    "x-ratelimit-limit-audio-seconds",
    "x-ratelimit-remaining-audio-seconds",
    "x-ratelimit-reset-audio-seconds",
)


class CrossOriginMiddleware(CORSMiddleware):
    """Starlette's, for callers with a key of their own: no cookies, any header, our errors."""

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            expose_headers=_TOLD,
        )

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code < InvalidRequest.status:
            return answer
        refused = InvalidRequest(bytes(answer.body).decode())
        return JSONResponse(refused.body(), status_code=refused.status, headers={"Vary": "Origin"})
