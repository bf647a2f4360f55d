"""Liveness and readiness over HTTP, in NIM's addresses and Kubernetes' usual ones."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response

from nemo_voice_serving.device import DeviceThread
from nemo_voice_serving.lifecycle import Lifecycle, Phase

_STARTING = frozenset({Phase.FETCHING, Phase.LOADING, Phase.WARMING})


def health_router(lifecycle: Lifecycle, device: DeviceThread, *, stuck_after_s: float) -> APIRouter:
    """Returns the health routes. They never need a key and never wait for the model."""
    router = APIRouter(tags=["health"])

    @router.get("/v1/health/live", summary="Is the process worth keeping?")
    @router.get("/healthz", include_in_schema=False)
    async def live(response: Response) -> dict[str, Any]:
        """Answers 503 when the device thread hangs in one call or the device is lost."""
        busy_s = 0.0 if lifecycle.phase in _STARTING else device.busy_s()
        if lifecycle.has_failed or busy_s > stuck_after_s:
            response.status_code = 503
            reason = (
                lifecycle.readiness().reason or f"one batch has been running for {busy_s:.0f} s"
            )
            return {"status": "dead", "reason": reason}
        return {"status": "live"}

    @router.get("/v1/health/ready", summary="May I send requests?")
    @router.get("/readyz", include_in_schema=False)
    async def ready(response: Response) -> dict[str, Any]:
        """Answers 200 when the model is warm, its canary passed and no drain is in progress."""
        readiness = lifecycle.readiness()
        if not readiness.ready:
            response.status_code = 503
            response.headers["Retry-After"] = "1"
        facts = asdict(readiness)
        facts["status"] = "ready" if facts.pop("ready") else "not_ready"
        return facts

    return router
