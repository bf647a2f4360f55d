"""Start-up over HTTP: the response comes when the start has ended.

A probe that asks again and again would fail until then, and the kubelet writes an Event for each
failure.
"""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from nemo_voice_serving.http.disconnect import while_connected
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_serving.runtime.lifecycle import STARTING, Lifecycle, Phase

LONGEST_WAIT_S = 86_400


class StartupBody(BaseModel):
    """Whether the service has started; `object` and `message` are as in the other health routes."""

    object: Literal["health.response"] = "health.response"
    message: str
    status: Literal["started", "not_started"]
    phase: Phase
    reason: str | None


def startup_router(lifecycle: Lifecycle) -> APIRouter:
    """Returns the route. It never needs a key."""
    router = APIRouter(tags=["health"])
    ended = asyncio.Event()

    def note(phase: Phase) -> None:
        if phase not in STARTING:
            ended.set()

    lifecycle.listen(note)

    @router.get(
        "/v1/health/startup",
        summary="Has it started?",
        responses={
            400: ERROR_RESPONSES[400],
            503: {"model": StartupBody, "description": "It has not."},
        },
    )
    async def startup(
        request: Request,
        response: Response,
        wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
    ) -> StartupBody:
        """Returns 200 once the first self-test passed; waits for that for up to `wait_s`."""
        try:
            async with asyncio.timeout(wait_s):
                await while_connected(request, ended.wait())
        except TimeoutError:
            pass
        phase = lifecycle.phase
        has_started = phase is Phase.READY
        if not has_started:
            response.status_code = 503
        return StartupBody(
            message=f"Service has {'' if has_started else 'not '}started.",
            status="started" if has_started else "not_started",
            phase=phase,
            reason=None if has_started else lifecycle.readiness().reason,
        )

    return router
