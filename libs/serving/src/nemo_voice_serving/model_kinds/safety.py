"""Refuses configurations that would load code, another model or a file with the checkpoint.

NeMo instantiates what a configuration names, follows hub ids in it, and hands `trust_remote_code`
on. A checkpoint that is served needs none of that: all of it lies in its archive.
"""

import re

from nemo_voice_serving.model_kinds.config import Config, Setting
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
_ELSEWHERE = re.compile(r"[/~\\]\S|[A-Za-z][\w+.-]*://|[A-Za-z]:[/\\]")
"""Begins a path of the machine, or an address."""
_WORDS = frozenset({"labels", "vocabulary", "tokens", "punct", "punct_list", "chars"})
"""Settings that hold what is written, in which a slash is one."""
_TOKENIZER_FILES = ("model_path", "vocab_path")
_TEXT_FUNCTIONS = "nemo.collections.common.tokenizers.text_to_speech.tokenizer_utils."
"""Functions that configurations of voices name: they change a text and nothing else."""
_TRANSFORMER = "nemo.collections.asr.modules.transformer.get_nemo_transformer"
"""The function that Canary's configurations name: it builds one of two classes of NeMo's, and loads
nothing."""
_ENVIRONMENT = re.compile(r"\$\{\s*oc\.(?:env|decode|create)\b")
_SWITCHED_ON = (True, 1, "true", "True", "1", "yes", "on")
_ADVICE = "Name a checkpoint whose archive holds all that it needs."


def refuse_unsafe(config: Config) -> None:
    """Checks every value of what is built when the model is restored.

    Datasets, optimisers and what else only a training uses are not: nothing is run from there.

    Raises:
        UnsafeConfig: Naming the setting and its value.
    """
    for setting in config.settings():
        if isinstance(setting.value, str) and _ENVIRONMENT.search(setting.value):
            shown = f"{setting.key}: {_shown(setting.value)}"
            message = f"Its configuration reads the environment of the service: {shown}."
            raise UnsafeConfig(message, _ADVICE)
    for setting in config.settings_served():
        if problem := _problem_with(setting):
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


def _problem_with(setting: Setting) -> str | None:
    key, value = setting.key, setting.value
    if key == "trust_remote_code" and value in _SWITCHED_ON:
        return "sets trust_remote_code: code from a hub would run here"
    if not isinstance(value, str):
        return None
    # NeMo reads the older `cls` as `_target_`.
    if key == "_target_" or (key == "cls" and "." in value):
        return _problem_of_a_class(setting, value)
    if key in _OTHER_MODELS and value and not _is_own_file(value):
        return f"names another model that would be loaded with it: {key}: {_shown(value)}"
    if _leaves_the_archive(setting, value):
        return f"names a file outside its archive: {key}: {_shown(value)}"
    return None


def _problem_of_a_class(setting: Setting, value: str) -> str | None:
    if setting.section == setting.key:
        return f"names a second class, {_shown(value)}, which would be built in its place"
    if not _is_instantiable(value):
        return f"would run {_shown(value)}, which is no class of NeMo's"
    return None


def _is_instantiable(target: str) -> bool:
    if not _CLASS.fullmatch(target) or not target.startswith(_INSTANTIATED):
        return False
    *module, name = target.split(".")
    is_class = name.lstrip("_")[:1].isupper() and not any(part[:1].isupper() for part in module)
    return is_class or target == _TRANSFORMER or target.startswith(_TEXT_FUNCTIONS)


def _is_own_file(value: str) -> bool:
    name = value.removeprefix(_OWN_FILE)
    return name != value and not _ELSEWHERE.match(name) and ".." not in re.split(r"[/\\]", name)


def _leaves_the_archive(setting: Setting, value: str) -> bool:
    """Returns whether a part of the model would be read from a path of this machine."""
    if setting.key in _WORDS:
        return False
    if value.startswith(_OWN_FILE):
        return not _is_own_file(value)
    if setting.section == setting.key:  # of the model as a whole, such as where it was trained
        return False
    if setting.key == "dir" and any(
        _is_own_file(str(setting.siblings.get(name))) for name in _TOKENIZER_FILES
    ):
        return False  # where the tokenizer came from; NeMo reads the files in the archive
    return bool(_ELSEWHERE.match(value)) or ".." in re.split(r"[/\\]", value)


def _shown(value: str) -> str:
    return repr(value if len(value) <= 100 else f"{value[:100]}…")  # noqa: PLR2004 fits a message
