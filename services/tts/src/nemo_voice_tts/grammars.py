"""The compiled grammars of nemo_text_processing on disk: building them takes half a minute.

`__main__.py` builds them, `normalisation.py` checks and opens them. Imports no torch.
"""

import logging
import os
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from nemo_voice_serving.errors import BackendFailed

logger = logging.getLogger(__name__)

_PACKAGE = "nemo_text_processing"
_VERSION_FILE = "version"


def default_grammars() -> Path:
    """Returns the place in the user's cache for the grammars of the installed version."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "nemo-voice" / "grammars" / _installed_version()


def packed_whitelist(model_directory: Path) -> Path | None:
    """Returns the list of special readings that an unpacked FastPitch model carries, if any."""
    config = yaml.safe_load((model_directory / "model_config.yaml").read_text(encoding="utf-8"))
    reference = (config.get("text_normalizer") or {}).get("whitelist")
    return model_directory / str(reference).removeprefix("nemo:") if reference else None


def packaged_whitelist() -> Path:
    """Returns the list of special readings that is used where a model carries none."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BackendFailed(_not_installed(_PACKAGE))
    package = Path(spec.submodule_search_locations[0])
    return package / "text_normalization" / "en" / "data" / "whitelist" / "tts.tsv"


def build_grammars(directory: Path, whitelist: Path | None = None) -> None:
    """Compiles the grammars into the directory, unless they are there.

    Safe when several processes do it at once, and when one is interrupted.

    Args:
        directory: Where they are kept.
        whitelist: The model's own list of special readings.
    """
    if missing_grammar(directory, whitelist) is None:
        return
    _refuse_without_packages()
    logger.info("building the text grammars", extra={"directory": str(directory)})
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=directory) as workplace:
        if _is_current(directory):
            for grammar in directory.glob("*.far"):
                shutil.copy2(grammar, workplace)
        open_grammars(Path(workplace), whitelist)
        for grammar in Path(workplace).glob("*.far"):
            grammar.replace(directory / grammar.name)
        marker = Path(workplace) / _VERSION_FILE
        marker.write_text(_installed_version(), encoding="utf-8")
        marker.replace(directory / _VERSION_FILE)
    logger.info("text grammars built", extra={"directory": str(directory)})


def check_grammars(directory: Path, whitelist: Path | None = None) -> None:
    """Returns if the grammars can be used.

    Raises:
        BackendFailed: They are missing or of another version; the message says what to do.
    """
    _refuse_without_packages()
    missing = missing_grammar(directory, whitelist)
    if missing is not None:
        raise BackendFailed(
            f"{missing}; without grammars digits would be left out of the speech. "
            f"Build them once: python -m nemo_voice_tts grammars"
        )


def missing_grammar(directory: Path, whitelist: Path | None = None) -> str | None:
    """Returns what is wrong with the grammars in the directory, or None."""
    for name in _grammar_files(whitelist):
        if not (directory / name).is_file():
            return f"the text grammars are not complete: {directory / name} is missing"
    if not _is_current(directory):
        return f"the text grammars in {directory} are not of version {_installed_version()}"
    return None


def open_grammars(directory: Path, whitelist: Path | None = None) -> Any:
    """Returns the package's normaliser, with what the directory lacks compiled into it."""
    from nemo_text_processing.text_normalization.normalize import (  # noqa: PLC0415 takes a second
        Normalizer,
    )

    logging.getLogger("NeMo-text-processing").setLevel(logging.ERROR)
    return Normalizer(
        lang="en",
        input_case="cased",
        cache_dir=str(directory),
        whitelist=str(whitelist) if whitelist else None,
    )


def _grammar_files(whitelist: Path | None) -> tuple[str, ...]:
    """Returns the names that nemo_text_processing gives its compiled grammars."""
    special = whitelist.name if whitelist else ""
    return (
        f"en_tn_True_deterministic_cased_{special}_tokenize.far",
        "en_tn_True_deterministic_verbalizer.far",
        "en_tn_post_processing.far",
    )


def _is_current(directory: Path) -> bool:
    marker = directory / _VERSION_FILE
    return marker.is_file() and marker.read_text(encoding="utf-8") == _installed_version()


def _refuse_without_packages() -> None:
    for name in (_PACKAGE, "pynini"):
        if find_spec(name) is None:
            raise BackendFailed(_not_installed(name))


def _not_installed(name: str) -> str:
    return (
        f"{name} is not installed in {sys.prefix}; without it digits would be left out of the "
        f"speech. Install nemo-voice-tts[nemo]"
    )


def _installed_version() -> str:
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return "none"
