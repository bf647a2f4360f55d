"""Refuses configurations that would load code, or another model, together with the checkpoint.

NeMo instantiates what a configuration names, follows hub ids in it, and hands `trust_remote_code`
on. A checkpoint that is served needs none of that: all of it lies in its archive.
"""

import re
from typing import Any

from nemo_voice_serving.model_kinds.config import Config
from nemo_voice_serving.model_kinds.errors import UnsafeConfig

_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_INSTANTIATED = (
    "nemo.",
    "nemo_text_processing.",
    "torch.nn.",
    "torch.optim.",
    "torch.utils.data.",
    "torch.distributed.fsdp.",
    "torchaudio.",
    "torchmetrics.",
    "lightning.",
    "pytorch_lightning.",
    "omegaconf.",
)
"""Where the parts of models and of their training come from; NeMo's own check is narrower."""

_OTHER_MODELS = frozenset(
    {
        "codecmodel_path",
        "hf_model_name",
        "phoneme_tokenizer_path",
        "pretrained_lm_name",
        "pretrained_model",
        "pretrained_model_name",
        "pretrained_model_name_or_path",
        "pretrained_tokenizer_name",
        "semantic_codec_path",
        "slm_model_name",
        "teacher_model_path",
        "text_conditioning_tokenizer_name",
    }
)
"""Settings whose value NeMo loads: a hub's id, or a path on this machine."""
_OWN_FILE = "nemo:"
"""Begins the name of a file in the checkpoint's archive."""
_ENVIRONMENT = re.compile(r"\$\{\s*oc\.(?:env|decode|create)\b")
_SWITCHED_ON = (True, 1, "true", "True", "1", "yes", "on")
_ADVICE = "Name a checkpoint whose archive holds all that it needs."


def refuse_unsafe(config: Config) -> None:
    """Checks every value of the configuration.

    Raises:
        UnsafeConfig: Naming the setting and its value.
    """
    for key, value in config.everything():
        if problem := _problem_with(key, value):
            raise UnsafeConfig(f"Its configuration {problem}.", _ADVICE)


def refuse_foreign_class(target: str, collection: str) -> None:
    """Checks that a known class is named where NeMo has it.

    Raises:
        UnsafeConfig: Loading it would import a module of somebody else.
    """
    is_nemos = collection and target.startswith(f"nemo.collections.{collection}.")
    if not is_nemos or not _CLASS.fullmatch(target):
        raise UnsafeConfig(
            f"Its configuration names the class {_shown(target)}, which is not NeMo's.", _ADVICE
        )


def _problem_with(key: str, value: Any) -> str | None:
    if key == "trust_remote_code" and value in _SWITCHED_ON:
        return "sets trust_remote_code: code from a hub would run here"
    if not isinstance(value, str):
        return None
    if _ENVIRONMENT.search(value):
        return f"reads the environment of the service: {key}: {_shown(value)}"
    if key == "_target_" and not _is_instantiable(value):
        return f"would run {_shown(value)}, which is no part of NeMo"
    if key in _OTHER_MODELS and value and not value.startswith(_OWN_FILE):
        return f"names another model that would be loaded with it: {key}: {_shown(value)}"
    return None


def _is_instantiable(target: str) -> bool:
    return bool(_CLASS.fullmatch(target)) and target.startswith(_INSTANTIATED)


def _shown(value: str) -> str:
    return repr(value if len(value) <= 100 else f"{value[:100]}…")  # noqa: PLR2004 fits a message
