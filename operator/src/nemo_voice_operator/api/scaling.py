"""How the number of pods follows their load."""

from typing import Annotated

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import Part, cel, rules, shown


class Target(Part):
    """The load of one pod that scaling aims at. Of several, the highest number of pods wins."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "has(self.inFlight) || has(self.queueSeconds) || has(self.sessions)",
                "target needs inFlight, queueSeconds, sessions or several of them",
            )
        )
    )

    in_flight: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Requests admitted and unfinished, those that wait included."""
    queue_seconds: Annotated[float, Field(gt=0, le=600)] | None = None
    """Seconds until the work inside is done."""
    sessions: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Live sessions that are open, whether somebody speaks in them or not."""


class Scaling(Part):
    """How the number of replicas follows the load."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel("self.min <= self.max", "scaling.min must not be greater than scaling.max")
        )
    )

    min: Annotated[int, Field(ge=1, le=1000, json_schema_extra=shown())] = 1
    """Fewest pods."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Most pods."""
    target: Target = Target(in_flight=8)
    """The load that each pod should have."""
    up_window_seconds: Annotated[int, Field(ge=0, le=3600)] = 15
    """Seconds for which the load must ask for more pods before there are more."""
    down_window_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    """Seconds for which the load must ask for fewer pods before there are fewer."""
    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.1
    """How far the load may be from the target, as a share of it, before anything changes."""
