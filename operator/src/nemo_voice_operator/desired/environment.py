"""The environment of the containers: which model, from where, on what device.

Names are the services' settings and Hugging Face's own. What a field of the VoiceService decides
wins over the VoiceService's `env`.
"""

import json
from collections.abc import Iterable, Mapping

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.model_source import Checkpoint
from nemo_voice_operator.api.pods import EnvVar
from nemo_voice_operator.api.route import ROOT_PATH_VARIABLE
from nemo_voice_operator.api.service_contract import (
    API_KEYS,
    CA_BUNDLE_FILE,
    DRAIN_DEFAULTS_S,
    DRAIN_DELAY,
    ENGINE_VARIABLES,
    EVERY_ADDRESS,
    HOST,
    LANGUAGE_VARIABLES,
    MODEL_CACHE,
    PRONUNCIATIONS_FOLDER,
    QUEUE_VARIABLES,
    SELF_TEST_CLIP,
    TLS_FILES,
)
from nemo_voice_operator.api.spec import Task, container_port
from nemo_voice_operator.api.speech import SelfTest
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.state.plan import Plan, VerifiedCheckpoint

_OURS = "NEMO_VOICE_"
_JUDGED_BY = frozenset(
    {
        "NEMO_VOICE_LANGUAGE",
        "NEMO_VOICE_SPEAKERS",
        "NEMO_VOICE_DEFAULT_VOICE",
        "NEMO_VOICE_DECODER",
    }
)
"""Settings that a model can be refused for before it is downloaded."""
_FILE = "file:///"
_SCRATCH_HOME = "/tmp/huggingface"  # noqa: S108 an emptyDir of the pod's own
"""Keeps Hugging Face's library out of the claim, which serving pods cannot write."""

Variables = Mapping[str, "str | Manifest | None"]
"""Names and values; a mapping is a `valueFrom`, None leaves the variable out."""


def serving_environment(service: VoiceService, plan: Plan) -> list[Json]:
    """Returns the environment of a container that serves. It never uses the network."""
    spec = service.spec
    verified = plan.model
    engine = spec.engine.model_dump()
    test = spec.self_test or SelfTest()
    ours: dict[str, str | Manifest | None] = {
        **_checkpoint("MODEL", spec.model, verified.model if verified else None),
        **_checkpoint("VOCODER", spec.vocoder, verified.vocoder if verified else None),
        "NEMO_VOICE_MODEL_CACHE": MODEL_CACHE,
        "NEMO_VOICE_OFFLINE": "true",
        "NEMO_VOICE_DEVICE": "cuda" if spec.gpu.count else "cpu",
        HOST: EVERY_ADDRESS,
        "NEMO_VOICE_PORT": str(container_port(spec.task)),
        "NEMO_VOICE_LOG_STYLE": "json",
        **{name: _text(engine[field]) for field, name in ENGINE_VARIABLES.items()},
        QUEUE_VARIABLES[spec.task]: _text(engine["max_queue"]),
        **_speech(service),
        "NEMO_VOICE_API_KEYS_FILE": API_KEYS if spec.auth else None,
        **(TLS_FILES if spec.tls else {}),
        ROOT_PATH_VARIABLE: spec.route.path if spec.route else None,
        "NEMO_VOICE_PRONUNCIATIONS": PRONUNCIATIONS_FOLDER if spec.pronunciations else None,
        "NEMO_VOICE_WARMUP_TEXTS": _json(spec.warmup.texts),
        "NEMO_VOICE_SELF_TEST__TEXT": _literal(test.text),
        "NEMO_VOICE_SELF_TEST__CLIP": SELF_TEST_CLIP if test.clip else None,
        DRAIN_DELAY: None if _sets(service, DRAIN_DELAY) else f"{DRAIN_DEFAULTS_S[DRAIN_DELAY]:g}",
        "HF_HUB_OFFLINE": "1",
        # The folders in the claim are named after the hub that they came from.
        "HF_ENDPOINT": spec.hub.endpoint if spec.hub else None,
        "HF_HOME": _SCRATCH_HOME,
    }
    return _variables(ours, spec.env or ())


def fetch_environment(service: VoiceService) -> list[Json]:
    """Returns the environment of the download.

    Of the VoiceService's own it takes what is not a setting of the service (proxies, certificates),
    and the settings that a model is judged by.
    """
    spec = service.spec
    secret = spec.hub.token_secret_ref if spec.hub else None
    ours: dict[str, str | Manifest | None] = {
        **_checkpoint("MODEL", spec.model, None),
        **_checkpoint("VOCODER", spec.vocoder, None),
        **_speech(service, is_fetching=True),
        "NEMO_VOICE_MODEL_CACHE": MODEL_CACHE,
        "NEMO_VOICE_LOG_STYLE": "json",
        "NEMO_VOICE_CA_BUNDLE": CA_BUNDLE_FILE if spec.hub and spec.hub.ca_bundle else None,
        "HF_ENDPOINT": spec.hub.endpoint if spec.hub else None,
        "HF_TOKEN": {"secretKeyRef": secret.model_dump()} if secret else None,
        # The tested way of downloading is the shipped one.
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": _SCRATCH_HOME,
    }
    theirs = (one for one in spec.env or () if _concerns_downloads(one.name.upper()))
    return _variables(ours, theirs)


def seconds_setting(
    service: VoiceService, name: str, default_s: float, range_s: tuple[float, float]
) -> float:
    """Returns a setting in seconds from the VoiceService's `env`.

    The default where `env` has none, or one that the service refuses with an error.
    """
    values = [one.value for one in service.spec.env or () if one.name.upper() == name]
    try:
        seconds = float(values[-1] or default_s) if values else default_s
    except ValueError:
        return default_s
    least_s, most_s = range_s
    return seconds if least_s <= seconds <= most_s else default_s


def _concerns_downloads(name: str) -> bool:
    return name in _JUDGED_BY or not name.startswith(_OURS)


def _sets(service: VoiceService, name: str) -> bool:
    """Returns whether the VoiceService's `env` has the variable, in any case of its letters."""
    return any(one.name.upper() == name for one in service.spec.env or ())


def container_source(source: str) -> str:
    """Returns the source as a container sees it: a file is counted from the claim's root."""
    if not source.startswith(_FILE):
        return source
    return f"file://{MODEL_CACHE}/{source.removeprefix(_FILE).lstrip('/')}"


def _checkpoint(
    role: str, wanted: Checkpoint | None, verified: VerifiedCheckpoint | None
) -> dict[str, str | Manifest | None]:
    """Returns the three variables of one checkpoint, pinned to the verified one if there is one."""
    if wanted is None and verified is None:
        return {}
    source = wanted.source if wanted else verified.source if verified else ""
    revision = wanted.revision if wanted else None
    digest = wanted.sha256 if wanted else None
    if verified is not None:
        # Only the hub's models have commits; others are pinned by the digest.
        revision, digest = verified.revision if _is_of_a_hub(source) else None, verified.sha256
    return {
        f"NEMO_VOICE_{role}": container_source(source),
        f"NEMO_VOICE_{role}_REVISION": revision,
        f"NEMO_VOICE_{role}_SHA256": digest,
    }


def _is_of_a_hub(source: str) -> bool:
    return "/" in source and "://" not in source


def _speech(service: VoiceService, *, is_fetching: bool = False) -> Mapping[str, str | None]:
    """Returns the variables of languages, voices and the decoder, as far as the task has them.

    A download is told what its judgement of the model depends on, and nothing else: services that
    want the same files share it.
    """
    spec = service.spec
    languages = ",".join(spec.languages) if spec.languages else None
    language = {LANGUAGE_VARIABLES[spec.task]: languages}
    decoder = {"NEMO_VOICE_DECODER": spec.engine.decoder}
    voices = {
        "NEMO_VOICE_SPEAKERS": _json(spec.speakers),
        "NEMO_VOICE_DEFAULT_VOICE": _literal(spec.default_voice),
    }
    if spec.task is Task.STT:
        return decoder if is_fetching else language | decoder
    return language | voices


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _literal(text: str | None) -> str | None:
    """Returns the text so that Kubernetes replaces nothing in it."""
    return None if text is None else text.replace("$", "$$")


def _json(value: list[str] | dict[str, int] | None) -> str | None:
    """Returns the value as JSON; Kubernetes would replace what follows a dollar."""
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False).replace("$", "\\u0024")


def _variables(ours: Variables, theirs: Iterable[EnvVar]) -> list[Json]:
    """Returns both as a container's list, without a name twice: the API server refuses that."""
    listed = {name: _variable(name, value) for name, value in ours.items() if value is not None}
    added = {
        one.name: one.model_dump(by_alias=True, exclude_none=True)
        for one in theirs
        # The services do not mind the case of a setting's name.
        if one.name.upper() not in listed
    }
    return [*listed.values(), *added.values()]


def _variable(name: str, value: str | Manifest | None) -> Manifest:
    return {"name": name, "value" if isinstance(value, str) else "valueFrom": value}
