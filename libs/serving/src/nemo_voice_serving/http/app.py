"""Builds the FastAPI application of a service: its routes, common routes, middleware and errors.

Each service's own `app.py` passes its routes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from nemo_voice_serving.http.api_keys import (
    DOCS_FILES,
    METRICS_PATHS,
    OPEN_PATHS,
    KeyMiddleware,
)
from nemo_voice_serving.http.cors import VoiceCorsMiddleware
from nemo_voice_serving.http.error_handlers import FORM_TYPES, install_error_handlers
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES, ErrorBody
from nemo_voice_serving.http.middleware import RequestMiddleware
from nemo_voice_serving.http.page.routes import Page, docs_router
from nemo_voice_serving.http.routes.health import health_router
from nemo_voice_serving.http.routes.models import models_router
from nemo_voice_serving.http.routes.nim import nim_router
from nemo_voice_serving.http.routes.startup import startup_router
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.runtime.service import Service

MAX_FIELD_BYTES = 64 * 1024
"""The size limit of a form's fields other than files: all of them are kept in memory."""

_NEEDS_KEY: dict[str, Any] = {
    "dependencies": [
        Security(HTTPBearer(auto_error=False, description="One of the API keys.")),
        Security(
            APIKeyHeader(
                name="api-key",
                auto_error=False,
                description="The same, as Azure's clients send it.",
            )
        ),
    ],
    "responses": {
        401: {"model": ErrorBody, "description": "No API key, or none that is valid."},
        429: ERROR_RESPONSES[429],
    },
}
"""Documents the API key on a route; `KeyMiddleware` checks it before any route is reached."""


def build_app(
    service: Service[Any, Any],
    *,
    title: str,
    description: str,
    version: str,
    routers: list[APIRouter],
    page_files: Path,
) -> FastAPI:
    """Returns the application, which starts and stops the service; it is `app.state.service`.

    `page_files` is the folder of what the page at `/` has beside the files of both services.
    """
    runtime = service.runtime

    app = FastAPIOffline(
        docs_url=None,  # FastAPI's own has a script within the page, which no browser should allow
        redoc_url=None,
        static_url=DOCS_FILES,
        title=title,
        description=description,
        version=version,
        lifespan=lambda _app: _running(service),
        redirect_slashes=False,  # `Addresses` drops them: a redirect may lose a body
        form_limits={"max_files": 4, "max_fields": 300, "max_part_size": MAX_FIELD_BYTES},
    )
    settings = runtime.settings
    guarded = _NEEDS_KEY if settings.api_keys_file else {}
    for router in (*routers, models_router(runtime), nim_router(runtime, version=version)):
        app.include_router(router, **guarded)
    app.include_router(health_router(runtime.lifecycle, runtime.device))
    app.include_router(startup_router(runtime.lifecycle))
    app.include_router(_metrics_router(runtime), **(guarded if settings.metrics_need_key else {}))
    app.include_router(docs_router(title, DOCS_FILES))
    page = Page(page_files, title=title) if settings.page else None
    if page is not None:
        app.include_router(page.router())
    install_error_handlers(app)
    _correct_openapi(app)
    _add_middleware(app, runtime, page_paths=frozenset() if page is None else page.paths)
    app.state.service = service
    return app


@asynccontextmanager
async def _running(service: Service[Any, Any]) -> AsyncIterator[None]:
    """Runs the service, and follows its certificate, during the block."""
    await service.start()
    certificate = service.runtime.certificate
    following = None if certificate is None else asyncio.create_task(certificate.follow())
    yield
    if following is not None:
        following.cancel()
    await service.stop()


def _add_middleware(app: FastAPI, runtime: Runtime, *, page_paths: frozenset[str]) -> None:
    """Adds the middleware from the inside out: API keys, then request handling, then CORS."""
    settings = runtime.settings
    access = runtime.access
    if access is not None:
        open_paths = OPEN_PATHS - METRICS_PATHS if settings.metrics_need_key else OPEN_PATHS
        app.add_middleware(
            KeyMiddleware,
            keys=access.keys,
            quotas=access.quotas,
            open_paths=open_paths | page_paths,
        )
    app.add_middleware(
        RequestMiddleware,
        metrics=runtime.metrics,
        lifecycle=runtime.lifecycle,
        settings=settings,
        page_paths=page_paths,
    )
    if settings.cors_origins:
        app.add_middleware(VoiceCorsMiddleware, origins=settings.cors_origins)


def _metrics_router(runtime: Runtime) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response)
    @router.get("/v1/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Responds with metrics in the Prometheus text format."""
        return Response(generate_latest(runtime.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _correct_openapi(app: FastAPI) -> None:
    document = app.openapi

    def corrected() -> dict[str, Any]:
        described = document()
        schemas = described.get("components", {}).get("schemas", {})
        for path in described["paths"].values():
            for operation in path.values():
                # FastAPI documents its own 422; we respond with 400 in OpenAI's shape.
                operation["responses"].pop("422", None)
                for name in _form_schemas(operation):
                    _correct_form_schema(schemas[name])
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        return described

    app.openapi = corrected  # type: ignore[method-assign] # FastAPI's own way to extend it


def _form_schemas(operation: dict[str, Any]) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {})
    references = [
        kind["schema"].get("$ref", "") for name, kind in content.items() if name in FORM_TYPES
    ]
    return [reference.rpartition("/")[2] for reference in references if reference]


def _correct_form_schema(schema: dict[str, Any]) -> None:
    """Removes null, which a form cannot express; an empty field counts as not sent."""
    for name, field in schema["properties"].items():
        if "anyOf" in field:
            kinds = [one for one in field.pop("anyOf") if one != {"type": "null"}]
            field.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
        is_text = field.get("type") == "string" and "contentMediaType" not in field
        if is_text and name in schema.get("required", ()):
            field.setdefault("minLength", 1)
