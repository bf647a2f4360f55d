"""Liveness and readiness over HTTP, in NIM's addresses and Kubernetes' usual ones."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.runtime.lifecycle import STARTING, Lifecycle, Phase


class Liveness(BaseModel):
    """Whether the process is worth keeping; `object` and `message` are NIM's."""

    object: Literal["health.response"] = "health.response"
    message: str
    status: Literal["live", "dead"]
    reason: str | None = None


class ReadinessBody(BaseModel):
    """Whether requests may be sent, and if not why not; `object` and `message` are NIM's."""

    object: Literal["health.response"] = "health.response"
    message: str
    status: Literal["ready", "not_ready"]
    phase: Phase
    reason: str | None
    seconds: dict[str, float]
    self_test: dict[str, Any] | None


def health_router(lifecycle: Lifecycle, device: DeviceThread) -> APIRouter:
    """Returns the health routes. They never need a key and never wait for the model."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/v1/health/live",
        summary="Is the process worth keeping?",
        responses={503: {"model": Liveness, "description": "It is not."}},
        response_model_exclude_none=True,
    )
    @router.get("/healthz", include_in_schema=False, response_model_exclude_none=True)
    async def live(response: Response) -> Liveness:
        """Returns 503 when the device thread hangs in one call or the device is lost."""
        is_stuck = lifecycle.phase not in STARTING and device.is_stuck()
        if lifecycle.has_failed or is_stuck:
            response.status_code = 503
            reason = (
                lifecycle.readiness().reason
                or f"one batch has been running for {device.busy_s():.0f} s"
            )
            return Liveness(message="Service is dead.", status="dead", reason=reason)
        return Liveness(message="Service is live.", status="live")

    @router.get(
        "/v1/health/ready",
        summary="May I send requests?",
        responses={503: {"model": ReadinessBody, "description": "You may not."}},
    )
    @router.get("/readyz", include_in_schema=False)
    async def ready(response: Response) -> ReadinessBody:
        """Returns 200 when the model is warm, its self-test passed and no drain is in progress."""
        readiness = lifecycle.readiness()
        if not readiness.ready:
            response.status_code = 503
            response.headers["Retry-After"] = "1"
        facts = asdict(readiness)
        is_ready = facts.pop("ready")
        message = f"Service is {'ready' if is_ready else 'not ready'}."
        status = "ready" if is_ready else "not_ready"
        return ReadinessBody(message=message, status=status, **facts)

    return router
