"""The settings that both services share, read once from the environment and the command line.

Every field is `NEMO_VOICE_<FIELD>` (nested ones with `__`) and a flag of the same name.
`docs/configuration.md` and `--help` are generated from the docstrings here.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "NEMO_VOICE_"

MAX_S = 86_400
"""A day: the longest that anything may be made to wait."""

_ORIGIN = re.compile(r"https?://[^/\s,*?#@]+")
_PATH_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
_OWN_PATHS = frozenset(
    {
        "docs",
        "healthz",
        "metrics",
        "openai",
        "openapi.json",
        "page",
        "readyz",
        "synthesize",
        "transcribe",
        "v1",
    }
)
"""What addresses of the services begin with: a prefix of that name could not be told from them."""


class SettingsGroup(BaseModel):
    """Settings that belong together; a group of the same name precedes them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class BatchingSettings(SettingsGroup):
    """How items become batches."""

    max_items: int = Field(default=16, ge=1, le=256)
    """Most items in one batch."""
    max_wait_ms: float = Field(default=4.0, ge=0, le=1000)
    """Longest wait of the oldest item for others while the device is idle, in milliseconds."""


class DrainSettings(SettingsGroup):
    """How the service stops after SIGTERM."""

    delay_s: float = Field(default=5.0, ge=0, le=300)
    """Seconds in which it still accepts requests: as long as a load balancer may take to find it
    unready. The operator sets what its probes take."""
    timeout_s: float = Field(default=50.0, ge=1, le=3600)
    """Seconds after that in which requests in flight may finish."""


class SelfTestSettings(SettingsGroup):
    """The recurring self-test: the model speaks or transcribes a known sentence."""

    idle_s: float = Field(default=60.0, ge=1, le=MAX_S)
    """Seconds without a served request or a batch that succeeded, after which the self-test runs
    again."""
    retry_s: float = Field(default=5.0, ge=0.1, le=3600)
    """Seconds until a failed self-test is tried again."""
    max_failures: int = Field(default=3, ge=1, le=1000)
    """Failures in a row after which the process ends, to be restarted."""
    timeout_s: float = Field(default=60.0, ge=1, le=3600)
    """Seconds after which an unfinished self-test has failed."""


class HttpSettings(SettingsGroup):
    """Limits of connections and of requests while they arrive."""

    max_head_bytes: int = Field(default=64 * 1024, ge=1024)
    """Largest request line together with its headers; more is refused with 431."""
    head_timeout_s: float = Field(default=10.0, ge=0.1, le=3600)
    """Seconds in which a request's line and headers must arrive, else they are refused with 408;
    and before them the handshake of TLS, of gRPC too."""
    upload_timeout_s: float = Field(default=30.0, ge=0.1, le=MAX_S)
    """Seconds in which a request's body must arrive, else it is refused with 408; the bytes that
    arrive prolong it, see `upload_bytes_per_s`."""
    upload_bytes_per_s: int = Field(default=4096, ge=1, le=1_000_000_000)
    """Bytes of a body that prolong its time by one second each: slower uploads are refused."""
    send_timeout_s: float = Field(default=60.0, ge=0.1, le=MAX_S)
    """Seconds in which a client must read some of a response that has more, else its connection is
    closed and its work stops."""
    keep_alive_s: int = Field(default=75, ge=1, le=MAX_S)
    """Seconds for which an idle connection is kept open."""
    max_message_bytes: int = Field(default=24 * 1024 * 1024, ge=1024)
    """Largest message of a WebSocket; a larger one closes it with 1009."""


class GrpcSettings(SettingsGroup):
    """Limits of gRPC's connections and calls."""

    max_message_bytes: int = Field(default=64 * 1024 * 1024, ge=64 * 1024, le=2**31 - 1)
    """Largest message of a client, which is kept in memory, as a whole recording is; never more
    than `max_upload_bytes`. Longer recordings are streamed, or sent over HTTP."""
    max_connection_age_s: float = Field(default=300.0, ge=1, le=MAX_S)
    """Seconds after which a client is asked to connect anew, which spreads clients over new
    replicas. Its calls in flight are finished, however long they are."""
    max_concurrent_streams: int = Field(default=100, ge=1, le=100_000)
    """Calls of one connection that may be open at once; a client waits with more."""
    stream_idle_s: float = Field(default=300.0, ge=1, le=MAX_S)
    """Seconds in which a client must send its message, or its next one, and read what fills its
    connection, else its call ends."""


class TlsSettings(SettingsGroup):
    """TLS of the service's own ports, both of HTTP and of gRPC; plain without a certificate."""

    certificate_file: Path | None = None
    """File with the certificate that clients are shown, as PEM, and after it those of the
    authorities between it and the root. A change is noticed within seconds, for new connections."""
    key_file: Path | None = None
    """File with the certificate's key, as PEM, without a passphrase."""


class KeyLimitSettings(SettingsGroup):
    """Limits of each API key in this process; every replica counts for itself."""

    requests: int = Field(default=0, ge=0)
    """Requests of one API key that may be in flight at once; 0 is no limit."""
    audio_s_per_minute: float = Field(default=0.0, ge=0, le=10_000_000)
    """Audio seconds in a minute that one API key may have spoken or transcribed; 0 is no limit."""


class ServiceSettings(BaseSettings):
    """The settings of both services."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        env_ignore_empty=True,
    )

    model: str = "demo"
    """The model: `demo`, a Hugging Face id, `https://….nemo` or `file:///path`."""
    model_revision: str | None = None
    """Commit, tag or branch of a Hugging Face model; without one the newest is resolved once."""
    model_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """SHA-256 digest that the model's .nemo file must have."""
    model_cache: Path = Path.home() / ".cache" / "nemo-voice" / "models"
    """Directory of the models, one folder each. Several services may share it."""
    demo_models: Path | None = None
    """Folder of the shipped demo checkpoints; found beside the packages when absent."""
    ca_bundle: Path | None = None
    """File of certificate authorities, as PEM, that downloads trust besides the system's."""
    offline: bool = False
    """Never use the network: the model must be in the cache."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Device to compute on. `cuda` fails with the driver's reason when no device works."""
    precision: Literal["auto", "float32", "bfloat16", "float16", "int8"] = "auto"
    """Number format of the heavy layers; `auto` is float32 on a CPU, and on a GPU bfloat16 for a
    recogniser and float16 for a vocoder. float16 needs a GPU; int8 is for recognisers on a CPU with
    instructions for it, which it makes twice as fast."""
    tf32: bool = False
    """Compute float32 layers on a GPU in TF32: faster, with 10 bits of mantissa instead of 23."""
    memory_fraction: float = Field(default=1.0, gt=0, le=1)
    """Largest part of a GPU's memory that this process may take, for GPUs that several share."""
    threads: int = Field(default=0, ge=0)
    """Threads torch may use for one operation; 0 is one for each core that the process may use, in
    a container no more than its limit."""
    host: str = "127.0.0.1"
    """Address to listen on; `::` is every address of IPv6 and IPv4, as inside containers."""
    grpc_port: int = Field(default=50051, ge=0, le=65535)
    """Port of Riva's gRPC; 0 serves none. Where it is not set and the port is in use, as by the
    other service on the same machine, the service says so in its log and goes on without."""
    api_keys_file: Path | None = None
    """File with one API key a line, or folder of such files, as a Secret is mounted; a change is
    noticed at once. Absent: no key is required. A file without a key refuses every request."""
    metrics_need_key: bool = False
    """Require an API key on `/metrics`, too. The operator has none: it could not scale by them."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call from a browser, `https://app.example` or `*`, separated by
    commas; without any, no CORS headers are sent."""
    page: bool = True
    """Serve the page at `/`, on which a person tries the service in a browser. Without it `/` is
    404; what the page calls is served all the same."""
    root_path: str = ""
    """Prefix of every address, such as `/speech`, for a service below a path of a proxy, which may
    strip it or not."""
    forwarded_allow_ips: Annotated[tuple[str, ...], NoDecode] = ()
    """Proxies whose `X-Forwarded-Prefix` replaces `root_path`: addresses and networks such as
    `10.0.0.0/8`, separated by commas, or `*` for all; without any, the header is ignored."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level that is logged."""
    log_style: Literal["auto", "json", "text"] = "auto"
    """JSON lines, readable text, or text on a terminal only."""
    request_timeout_s: float = Field(default=60.0, ge=0.1, le=MAX_S)
    """Longest wait of one piece of work for its batch before the request fails with 504."""
    max_upload_bytes: int = Field(default=512 * 1024 * 1024, ge=1024)
    """Largest request body."""
    stuck_after_s: float = Field(default=120.0, ge=1, le=MAX_S)
    """Seconds that one batch may run before the service reports that it is not live."""
    failed_linger_s: float = Field(default=10.0, ge=0, le=3600)
    """Seconds for which a failed service reports its reason over HTTP before it exits with 1."""
    http: HttpSettings = HttpSettings()
    """Limits of connections."""
    grpc: GrpcSettings = GrpcSettings()
    """Limits of gRPC."""
    tls: TlsSettings = TlsSettings()
    """TLS of the service's own ports."""
    key_limits: KeyLimitSettings = KeyLimitSettings()
    """Limits of each API key."""
    batching: BatchingSettings = BatchingSettings()
    """How items become batches."""
    drain: DrainSettings = DrainSettings()
    """How the service stops."""
    self_test: SelfTestSettings = SelfTestSettings()
    """The recurring self-test."""

    @field_validator("cors_origins", "forwarded_allow_ips", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(filter(None, map(str.strip, value.split(","))))

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no origin: write https://host or https://host:port"
                )
        return origins

    @field_validator("root_path")
    @classmethod
    def _is_prefix(cls, path: str) -> str:
        prefix = path.rstrip("/")
        if not is_path_prefix(prefix):
            raise ValueError(
                f"{path!r} is no prefix: write /speech or /voice/en, and nothing that begins as "
                f"the services' own addresses do: {', '.join(sorted(_OWN_PATHS))}"
            )
        return prefix

    @field_validator("forwarded_allow_ips")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            if address != "*":
                ipaddress.ip_network(address, strict=False)
        return addresses

    @model_validator(mode="after")
    def _certificate_with_its_key(self) -> Self:
        if (self.tls.certificate_file is None) != (self.tls.key_file is None):
            given, absent = ("CERTIFICATE_FILE", "KEY_FILE")[
                :: 1 if self.tls.certificate_file else -1
            ]
            raise ValueError(
                f"{PREFIX}TLS__{given} is of no use alone: set {PREFIX}TLS__{absent}, too"
            )
        return self

    @model_validator(mode="after")
    def _keys_where_they_are_needed(self) -> Self:
        wants = {
            "KEY_LIMITS__REQUESTS": self.key_limits.requests,
            "KEY_LIMITS__AUDIO_S_PER_MINUTE": self.key_limits.audio_s_per_minute,
            "METRICS_NEED_KEY": self.metrics_need_key,
        }
        given = [f"{PREFIX}{name}" for name, value in wants.items() if value]
        if given and self.api_keys_file is None:
            raise ValueError(f"{given[0]} counts by API key: set {PREFIX}API_KEYS_FILE, too")
        return self


def is_path_prefix(path: str) -> bool:
    """Returns whether the path may precede every address: plain parts, no slash at the end."""
    is_own = bool(_OWN_PATHS.intersection(path.split("/")[1:2]))
    return not is_own and _PATH_PREFIX.fullmatch(path) is not None
