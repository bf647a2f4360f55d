"""The body of every error response, in OpenAI's shape, and how routes document it."""

import http
import json
import uuid
from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse

from nemo_voice_serving.errors import VoiceError


class ErrorDetail(BaseModel):
    """The error object of OpenAI's API."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """The body of every response that is not a success."""

    error: ErrorDetail


ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": description}
    for status, description in {
        400: "The request is wrong; the message says what to change.",
        408: "The request did not arrive in time.",
        413: "More bytes or audio seconds than one request may hold.",
        415: "The body is of a kind that this address does not read.",
        429: "The queue is full, or the key has used what it may; Retry-After says for how long.",
        500: "The model failed; the log has the reason under the request id.",
        503: "Loading, warming, draining or failed.",
        504: "Waited longer than a request may.",
    }.items()
}
"""For the OpenAPI document of every route that runs the model."""


def error_response(error: VoiceError) -> JSONResponse:
    """Returns the response that states the error."""
    return JSONResponse(error.body(), status_code=error.status, headers=error.headers())


def raw_response(error: VoiceError) -> bytes:
    """Returns the same as the last bytes of a connection, where there is no application yet."""
    body = json.dumps(error.body()).encode()
    lines = [
        f"HTTP/1.1 {error.status} {http.HTTPStatus(error.status).phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-request-id: {uuid.uuid4().hex}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
