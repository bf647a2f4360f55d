"""The FastAPI application both services stand on: errors, ids, metrics, health, limits.

The services' own `app.py` add their routes and their backend; no route here knows the direction of
speech.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from nemo_voice_serving.auth import ApiKeys, KeyMiddleware
from nemo_voice_serving.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    VoiceError,
)
from nemo_voice_serving.health import health_router
from nemo_voice_serving.middleware import RequestMiddleware
from nemo_voice_serving.runtime import Runtime


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
        413: "More bytes or audio seconds than one request may hold.",
        429: "The queue is full; Retry-After says when to come back.",
        500: "The model failed; the log has the reason under the request id.",
        503: "Loading, warming, draining or failed.",
        504: "Waited longer than a request may.",
    }.items()
}
"""For the OpenAPI documents of every route that does work."""

_KEY_WANTED: dict[str, Any] = {
    "dependencies": [Security(HTTPBearer(auto_error=False, description="One of the API keys."))],
    "responses": {401: {"model": ErrorBody, "description": "No API key, or none that is valid."}},
}
"""The same where keys are asked for: the check itself comes before any route."""


def build_app(
    runtime: Runtime[Any],
    *,
    title: str,
    description: str,
    version: str,
    routers: list[APIRouter],
    on_start: Callable[[], Awaitable[None]],
    on_stop: Callable[[], Awaitable[None]],
) -> FastAPI:
    """Returns the application; `on_start` runs before its first request, `on_stop` at its end."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await on_start()
        yield
        await on_stop()

    app = FastAPI(title=title, description=description, version=version, lifespan=lifespan)
    keys_file = runtime.settings.api_keys_file
    for router in routers:
        app.include_router(router, **(_KEY_WANTED if keys_file else {}))
    app.include_router(
        health_router(
            runtime.lifecycle, runtime.device, stuck_after_s=runtime.settings.stuck_after_s
        )
    )
    app.include_router(_metrics_router(runtime))
    _install_error_handlers(app)
    _forget_unprocessable(app)
    if keys_file:
        keys = ApiKeys(keys_file)
        runtime.lifecycle.require(keys.trouble)
        app.add_middleware(KeyMiddleware, keys=keys)
    app.add_middleware(
        RequestMiddleware,
        metrics=runtime.metrics,
        lifecycle=runtime.lifecycle,
        max_body_bytes=runtime.settings.max_upload_bytes,
    )
    return app


def _metrics_router(runtime: Runtime[Any]) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response)
    @router.get("/v1/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Answers the Prometheus text format."""
        return Response(generate_latest(runtime.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _forget_unprocessable(app: FastAPI) -> None:
    # FastAPI documents a 422 of its own shape for every route; ours answer 400 in OpenAI's.
    document = app.openapi

    def without_422() -> dict[str, Any]:
        described = document()
        for path in described["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for schema in ("HTTPValidationError", "ValidationError"):
            described.get("components", {}).get("schemas", {}).pop(schema, None)
        return described

    app.openapi = without_422  # type: ignore[method-assign] # FastAPI's own way to extend it


def _install_error_handlers(app: FastAPI) -> None:
    async def voice_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, VoiceError)  # noqa: S101 the handler is registered for this class
        return error_response(request, error)

    async def validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 same
        return error_response(request, _from_validation(error))

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


def _from_validation(error: RequestValidationError) -> InvalidRequest:
    problem = error.errors()[0]
    where = [str(part) for part in problem["loc"] if part not in {"body", "query", "path"}]
    param = ".".join(where) or None
    return InvalidRequest(f"{param or 'body'}: {problem['msg']}", param=param)


def _from_http(request: Request, error: HTTPException) -> VoiceError:
    if isinstance(error.__cause__, VoiceError):
        # FastAPI takes whatever stops the reading of a body for a parsing error.
        return error.__cause__
    if error.status_code == NotFound.status:
        return NotFound(f"There is nothing at {request.url.path}. GET /docs lists what there is.")
    if error.status_code == MethodNotAllowed.status:
        return MethodNotAllowed(f"{request.url.path} does not take {request.method}.")
    return InvalidRequest(str(error.detail))
