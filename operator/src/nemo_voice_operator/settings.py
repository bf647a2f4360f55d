"""The operator's settings: read once from `NEMO_VOICE_OPERATOR_*`.

`docs/configuration.md` is made from the docstrings here.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from nemo_voice_operator import __version__

PREFIX = "NEMO_VOICE_OPERATOR_"


class OperatorSettings(BaseSettings):
    """What the operator can be told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        env_ignore_empty=True,
    )

    watched: Annotated[tuple[str, ...], NoDecode] = ()
    """Namespaces that are managed, separated by commas; none means the whole cluster."""
    namespace: str = "nemo-voice"
    """The operator's own namespace: its Lease is there, and its pods may call every service."""
    identity: str = ""
    """This replica's name in the Lease; absent: the host's."""
    image_tts: str = f"ghcr.io/nemo-voice/nemo-voice-tts:{__version__}"
    """Image of tts pods that name none."""
    image_stt: str = f"ghcr.io/nemo-voice/nemo-voice-stt:{__version__}"
    """Image of stt pods that name none."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """Of pods that say nothing."""
    cache_size: str = "20Gi"
    """Size of the claim that is made for a VoiceService that names none."""
    monitoring_namespace: str = "monitoring"
    """Namespace of Prometheus, which may read the pods' metrics."""
    workers: int = Field(default=8, ge=1, le=64)
    """VoiceServices that are reconciled at the same time."""
    resync_s: float = Field(default=600.0, ge=10)
    """Seconds after which every VoiceService is looked at again without an event."""
    scaling_interval_s: float = Field(default=5.0, ge=1)
    """Seconds between two readings of the pods' load."""
    lease_s: float = Field(default=15.0, ge=5)
    """Seconds without a sign of life after which another replica leads."""
    metrics_port: int = Field(default=8080, ge=0, le=65535)
    """Port of the operator's own metrics; 0 serves none."""
    health_port: int = Field(default=8081, ge=0, le=65535)
    """Port of the operator's liveness; 0 serves none."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is logged."""
    log_style: Literal["json", "text"] = "json"
    """JSON lines or readable text."""

    @field_validator("watched", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(filter(None, map(str.strip, value.split(","))))
