"""From whatever stops a request to the one shape of errors: validation, routing, our own.

`app.py` installs the handlers. What is raised around the routes is answered by `middleware.py`,
what never becomes a request by `connection.py`.
"""

import logging
from typing import Any

from fastapi import FastAPI, Request, Response, params
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from nemo_voice_serving.errors import (
    BackendFailed,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
    VoiceError,
)
from nemo_voice_serving.http.disconnect import ClientGone

logger = logging.getLogger(__name__)

_PLACES = frozenset({"body", "query", "path", "header"})
FORM_KINDS = ("multipart/form-data", "application/x-www-form-urlencoded")
_JSON = ("application/json",)


class ErrorDetail(BaseModel):
    """What went wrong, in OpenAI's words."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

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
"""For the OpenAPI documents of every route that does work."""


def install_error_handlers(app: FastAPI) -> None:
    """Makes the application answer every error in the one shape."""

    async def voice_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, VoiceError)  # noqa: S101 the handler is registered for this class
        return error_response(request, error)

    async def validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 same
        return error_response(request, _from_validation(request, error))

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 same
        return error_response(request, _from_http(request, error))

    app.add_exception_handler(VoiceError, voice_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_error)


def error_response(request: Request, error: VoiceError) -> JSONResponse:
    """Returns an error in the one shape, and marks the request's outcome for the metrics."""
    request.scope.setdefault("state", {})["outcome"] = error.code
    return JSONResponse(error.body(), status_code=error.status, headers=error.headers())


def _from_validation(request: Request, error: RequestValidationError) -> VoiceError:
    problem = error.errors()[0]
    if problem["type"] == "json_invalid":
        # Its place is an offset in the text, no field.
        return InvalidRequest(f"The body is not JSON: {problem['ctx']['error']}.")
    if _is_of_another_kind(request, problem):
        kind = request.headers.get("content-type", "missing")
        wanted = " or ".join(_kinds(request))
        return UnsupportedMediaType(f"The Content-Type is {kind}; this address reads {wanted}.")
    named = [str(part) for part in problem["loc"] if part not in _PLACES]
    param = named[0] if named else None
    return InvalidRequest(f"{'.'.join(named) or 'body'}: {_message(problem)}", param=param)


def _is_of_another_kind(request: Request, problem: Any) -> bool:
    if problem["loc"][0] != "body":
        return False
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared:
        return declared not in _kinds(request) and not declared.endswith("+json")
    return bool(problem["loc"] == ("body",) and problem["type"] != "missing")


def _kinds(request: Request) -> tuple[str, ...]:
    body = getattr(request.scope.get("route"), "body_field", None)
    return FORM_KINDS if body is not None and isinstance(body.field_info, params.Form) else _JSON


def _message(problem: Any) -> str:
    if "UploadFile" in problem["msg"]:
        return "Send a file: a part of multipart/form-data with a filename."
    return str(problem["msg"])


def _from_http(request: Request, error: HTTPException) -> VoiceError:
    if isinstance(error.__cause__, VoiceError):
        # FastAPI takes whatever stops the reading of a body for a parsing error.
        return error.__cause__
    if isinstance(error.__cause__, ClientDisconnect):
        return ClientGone("The client closed the connection.")
    if isinstance(error.__cause__, OSError):
        logger.error("a body cannot be kept", exc_info=error.__cause__)
        return BackendFailed("The service has no room for the body. Its log has the reason.")
    path = request.scope["path"]
    if error.status_code == NotFound.status:
        return NotFound(f"There is nothing at {path}. GET /docs lists what there is.")
    if error.status_code == MethodNotAllowed.status:
        allowed = (error.headers or {}).get("Allow")
        return MethodNotAllowed(f"{path} does not take {request.method}.", allowed=allowed)
    return InvalidRequest(str(error.detail))
