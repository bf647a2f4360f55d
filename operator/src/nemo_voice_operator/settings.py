"""The operator's settings: read once from `NEMO_VOICE_OPERATOR_*`.

`docs/configuration.md` is made from the docstrings here.
"""

import difflib
import os
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from nemo_voice_operator import __version__

PREFIX = "NEMO_VOICE_OPERATOR_"
_OWN_LABELS = ("app.kubernetes.io/", "nemo-voice.dev/")
_LABEL = re.compile(
    r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
    r"=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
)


class UnknownVariable(Exception):
    """An environment variable has our prefix but no setting claims it: likely a misspelling."""


class OperatorSettings(BaseSettings):
    """The operator's settings."""

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
    deployment: str = ""
    """The operator's Deployment, with which its Lease is removed; absent: the Lease stays."""
    image_tts: str = f"ghcr.io/nemo-voice/nemo-voice-tts:{__version__}"
    """Image of tts pods that name none."""
    image_stt: str = f"ghcr.io/nemo-voice/nemo-voice-stt:{__version__}"
    """Image of stt pods that name none."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """Pull policy of pods that name none."""
    fixed_user: bool = True
    """Whether pods run as the images' own user and group, 10001. Off, the cluster chooses them, as
    OpenShift's `restricted-v2` demands."""
    cache_size: str = "20Gi"
    """Size of the claim that is made for a VoiceService that names none."""
    monitoring_namespace: str = "monitoring"
    """Namespace of Prometheus, which may read the pods' metrics."""
    monitor_labels: Annotated[tuple[str, ...], NoDecode] = ()
    """More labels of the ServiceMonitors, by which a Prometheus chooses them: `release=prometheus`,
    separated by commas."""
    workers: int = Field(default=8, ge=1, le=64)
    """VoiceServices that are reconciled at the same time."""
    resync_s: float = Field(default=600.0, ge=10, le=86_400)
    """Seconds after which every VoiceService is reconciled without an event."""
    scaling_interval_s: float = Field(default=5.0, ge=1, le=3600)
    """Seconds between two readings of the pods' load."""
    lease_s: float = Field(default=15.0, ge=5, le=3600)
    """Seconds without a renewal of the Lease after which another replica leads."""
    metrics_port: int = Field(default=8080, ge=0, le=65535)
    """Port of the operator's own metrics; 0 serves none."""
    health_port: int = Field(default=8081, ge=0, le=65535)
    """Port of the operator's liveness and readiness; 0 serves none."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is logged."""
    log_style: Literal["json", "text"] = "json"
    """JSON lines or readable text."""

    @field_validator("watched", "monitor_labels", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(filter(None, map(str.strip, value.split(","))))

    @field_validator("monitor_labels")
    @classmethod
    def _are_labels(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        for label in labels:
            if not _LABEL.fullmatch(label):
                raise ValueError(f"{label!r} is no label: write name=value")
            if label.startswith(_OWN_LABELS):
                raise ValueError(f"{label!r}: labels under {' and '.join(_OWN_LABELS)} are ours")
        return labels


def check_environment(environment: Mapping[str, str] = os.environ) -> None:
    """Refuses variables with our prefix that no setting claims; pydantic-settings ignores them.

    Raises:
        UnknownVariable: Naming the variable, the nearest known one, and all of them.
    """
    known = {f"{PREFIX}{name}".upper() for name in OperatorSettings.model_fields}
    for name in sorted(environment):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in known:
            continue
        near = difflib.get_close_matches(upper, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UnknownVariable(
            f"The environment variable {name} is not a setting.{hint} "
            f"The settings are {', '.join(sorted(known))}"
        )
