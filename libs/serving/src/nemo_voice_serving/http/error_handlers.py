"""Maps validation, routing and our own errors to OpenAI's error body.

Errors that are raised around the routes become responses in `RequestMiddleware`; those of malformed
HTTP in `LimitedHttpProtocol`.
"""

import logging
from typing import Any

from fastapi import FastAPI, Request, Response, UploadFile, params
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from nemo_voice_serving.errors import (
    BackendFailed,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
    VoiceError,
)
from nemo_voice_serving.http.disconnect import ClientGone
from nemo_voice_serving.http.error_responses import error_response
from nemo_voice_serving.http.forms import SEND_A_FILE

logger = logging.getLogger(__name__)

_LOCATIONS = frozenset({"body", "query", "path", "header"})
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
_JSON = ("application/json",)


def install_error_handlers(app: FastAPI) -> None:
    """Registers the handlers, so that the application sends every error in the same shape."""

    async def voice_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, VoiceError)  # noqa: S101 the handler is registered for this class
        return _respond(request, error)

    async def validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 same
        return _respond(request, _from_validation(request, error))

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 same
        return _respond(request, _from_http(request, error))

    app.add_exception_handler(VoiceError, voice_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_error)


def _respond(request: Request, error: VoiceError) -> Response:
    # The metrics of RequestMiddleware count requests by their outcome.
    request.scope.setdefault("state", {})["outcome"] = error.code
    return error_response(error)


def _from_validation(request: Request, error: RequestValidationError) -> VoiceError:
    problem = error.errors()[0]
    if problem["type"] == "json_invalid":
        # Its location is an offset in the text, not a field.
        return InvalidRequest(f"The body is not JSON: {problem['ctx']['error']}.")
    if _has_wrong_content_type(request, problem):
        sent = request.headers.get("content-type", "").strip() or "missing"
        wanted = FORM_TYPES[:1] if _file_fields(request) else _content_types(request)
        message = f"The Content-Type is {sent}; this address reads {' or '.join(wanted)}."
        return UnsupportedMediaType(message, accepted={"Accept": ", ".join(wanted)})
    named = [str(part) for part in problem["loc"] if part not in _LOCATIONS]
    param = named[0] if named else None
    message = str(problem["msg"])
    if "UploadFile" in message or (problem["type"] == "missing" and param in _file_fields(request)):
        message = SEND_A_FILE
    return InvalidRequest(f"{'.'.join(named) or 'body'}: {message}", param=param)


def _has_wrong_content_type(request: Request, problem: Any) -> bool:
    if problem["loc"][0] != "body":
        return False
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared:
        return declared not in _content_types(request) and not declared.endswith("+json")
    if _content_types(request) is FORM_TYPES:
        return _has_body(request)
    return bool(problem["loc"] == ("body",) and problem["type"] != "missing")


def _has_body(request: Request) -> bool:
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _content_types(request: Request) -> tuple[str, ...]:
    body = getattr(request.scope.get("route"), "body_field", None)
    return FORM_TYPES if body is not None and isinstance(body.field_info, params.Form) else _JSON


def _file_fields(request: Request) -> frozenset[str]:
    """Returns the fields of the route's form that are files."""
    body = getattr(request.scope.get("route"), "body_field", None)
    form = None if body is None else body.field_info.annotation
    fields = getattr(form, "model_fields", {})
    return frozenset(name for name, field in fields.items() if field.annotation is UploadFile)


def _from_http(request: Request, error: HTTPException) -> VoiceError:
    reason = _from_cause(error.__cause__)
    if reason is not None:
        return reason
    path = request.scope["path"]
    if error.status_code == NotFound.status:
        docs = f"{request.scope.get('root_path', '')}/docs"
        return NotFound(f"There is nothing at {path}. GET {docs} lists what there is.")
    if error.status_code == MethodNotAllowed.status:
        stated = (error.headers or {}).get("Allow", "GET")  # files of a folder state nothing
        allowed = {name.strip() for name in stated.split(",")}
        named = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
        return MethodNotAllowed(f"{path} takes only {named}.", allowed=named)
    return InvalidRequest(str(error.detail))


def _from_cause(cause: BaseException | None) -> VoiceError | None:
    """Returns why a body could not be read: FastAPI makes one parsing error of every exception."""
    match cause:
        case VoiceError():
            return cause
        case ClientDisconnect():
            return ClientGone("The client closed the connection.")
        case UnicodeDecodeError():
            return InvalidRequest("The body cannot be read as text: it is not UTF-8.")
        case RecursionError():
            return InvalidRequest("The body is nested too deeply.")
        case OSError():
            logger.error("request body could not be stored", exc_info=cause)
            return BackendFailed("The service has no room for the body. Its log has the reason.")
        case _:
            return None
