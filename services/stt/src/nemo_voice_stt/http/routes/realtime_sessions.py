"""Sessions that are made over HTTP before they begin, each with a short-lived key."""

import time
import uuid
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from nemo_voice_serving.access.client_secrets import MAX_BYTES, ClientSecret, issue
from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_serving.http.api_keys import KEY_DIGEST
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_stt.http.realtime.beta_schemas import beta_from, general_from
from nemo_voice_stt.http.realtime.nim_schemas import NimSession
from nemo_voice_stt.http.realtime.service import RealtimeService
from nemo_voice_stt.http.realtime.session_config import SessionSettings
from nemo_voice_stt.http.realtime.session_schemas import FlatSession, SessionConfig, Whole

_SECRET_S = 600
_FLAT = frozenset(FlatSession.model_fields)
"""The others are NVIDIA's, whose clients send them again once they are connected."""


class ExpiresAfter(BaseModel):
    """For how long a secret opens sessions; one that is open goes on."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    anchor: str = "created_at"
    seconds: Whole = Field(default=_SECRET_S, ge=10, le=7200)
    """From now on."""


class SecretRequest(BaseModel):
    """The body of `POST /v1/realtime/client_secrets`."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    expires_after: ExpiresAfter = ExpiresAfter()
    """When the secret ends."""
    session: SessionConfig = SessionConfig()
    """What the session begins with, as `session.update` has it."""


class Secret(BaseModel):
    """A short-lived key and the session that it opens."""

    value: str
    expires_at: int
    session: dict[str, Any]


def realtime_sessions_router(service: RealtimeService) -> APIRouter:
    """Returns the routes that make sessions."""
    router = APIRouter(tags=["realtime"])

    @router.post(
        "/v1/realtime/client_secrets",
        summary="Make a short-lived key for a browser",
        responses=ERROR_RESPONSES,
    )
    async def client_secrets(request: Request, body: SecretRequest | None = None) -> Secret:
        """Returns a key that opens live sessions, for pages that must not hold the API key."""
        given = body or SecretRequest()
        settings = SessionSettings(service.understanding())
        settings.update(given.session.model_dump(exclude_unset=True))
        expires_at = round(time.time()) + given.expires_after.seconds
        described = settings.described()
        session = {**_identity(expires_at), "type": "transcription", **described}
        value = _issued(request, expires_at, described)
        return Secret(value=value, expires_at=expires_at, session=session)

    @router.post(
        "/v1/realtime/transcription_sessions",
        summary="Make a session for NVIDIA's and older OpenAI clients",
        responses=ERROR_RESPONSES,
    )
    async def transcription_sessions(
        request: Request, body: FlatSession | None = None
    ) -> dict[str, Any]:
        """Returns a session's settings and a short-lived key; NVIDIA's clients send both back."""
        settings = SessionSettings(service.understanding())
        given = {} if body is None else body.model_dump(exclude_unset=True)
        settings.update(general_from({name: given[name] for name in given if name in _FLAT}))
        expires_at = round(time.time()) + _SECRET_S
        described = settings.described()
        flat = beta_from(described)
        value = _issued(request, expires_at, described)
        return {
            **NimSession().model_dump(mode="json"),
            **flat,
            "input_audio_transcription": flat["input_audio_transcription"] or {},
            **_identity(expires_at),
            "client_secret": {"value": value, "expires_at": expires_at},
        }

    return router


def _identity(expires_at: int) -> dict[str, Any]:
    return {
        "id": f"sess_{uuid.uuid4().hex[:24]}",
        "object": "realtime.transcription_session",
        "expires_at": expires_at,
    }


def _issued(request: Request, expires_at: int, session: dict[str, Any]) -> str:
    digest = request.scope.get("state", {}).get(KEY_DIGEST)
    value = issue(ClientSecret(expires_at, session), digest)
    if len(value) > MAX_BYTES:
        message = "session: the settings are too long for a key; send them by session.update."
        raise InvalidRequest(message, param="session")
    return value
