"""CORS: calls from web pages of the origins that a setting names.

The outermost middleware: a browser's preflight request has no API key, and a page must be able to
read error responses.
"""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp
from typing_extensions import override

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_serving.http.error_responses import error_response

_EXPOSED_HEADERS = (
    "X-Request-Id",
    "Retry-After",
    "retry-after-ms",
    "x-ratelimit-limit-audio-seconds",
    "x-ratelimit-remaining-audio-seconds",
    "x-ratelimit-reset-audio-seconds",
)


class VoiceCorsMiddleware(CORSMiddleware):
    """Starlette's middleware without cookies, for any header, and with our error responses."""

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("*",),
            expose_headers=_EXPOSED_HEADERS,
        )

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < InvalidRequest.status:
            return response
        refusal = error_response(InvalidRequest(bytes(response.body).decode()))
        refusal.headers["Vary"] = "Origin"
        return refusal
