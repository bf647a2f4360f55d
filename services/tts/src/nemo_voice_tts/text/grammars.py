"""The compiled grammars of nemo_text_processing on disk: building them takes half a minute.

`__main__.py` builds them, `normaliser.py` checks and opens them.
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

from nemo_voice_serving.errors import BackendFailed

logger = logging.getLogger(__name__)

_PACKAGE = "nemo_text_processing"
_VERSION_FILE = "version"
_GRAMMAR_FILES = (
    "en_tn_True_deterministic_cased__tokenize.far",
    "en_tn_True_deterministic_verbalizer.far",
    "en_tn_post_processing.far",
)
"""The names that nemo_text_processing gives its compiled grammars."""


def default_grammars() -> Path:
    """Returns the place in the user's cache for the grammars of the installed version."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "nemo-voice" / "grammars" / _installed_version()


def packaged_whitelist() -> Path:
    """Returns the file of the grammars' whitelist: written forms with their own spoken form."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BackendFailed(_not_installed(_PACKAGE))
    package = Path(spec.submodule_search_locations[0])
    return package / "text_normalization" / "en" / "data" / "whitelist" / "tts.tsv"


def build_grammars(directory: Path) -> None:
    """Compiles the grammars into the directory, unless they are there.

    Safe when several processes do it at once, and when one is interrupted.
    """
    if missing_grammar(directory) is None:
        return
    _refuse_without_packages()
    logger.info("building the text grammars", extra={"directory": str(directory)})
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=directory) as workplace:
        if _is_current(directory):
            for grammar in directory.glob("*.far"):
                shutil.copy2(grammar, workplace)
        open_grammars(Path(workplace))
        for grammar in Path(workplace).glob("*.far"):
            grammar.replace(directory / grammar.name)
        marker = Path(workplace) / _VERSION_FILE
        marker.write_text(_installed_version(), encoding="utf-8")
        marker.replace(directory / _VERSION_FILE)
    logger.info("text grammars built", extra={"directory": str(directory)})


def check_grammars(directory: Path) -> None:
    """Checks that the grammars can be used.

    Raises:
        BackendFailed: They are missing or of another version; the message says what to do.
    """
    _refuse_without_packages()
    missing = missing_grammar(directory)
    if missing is not None:
        raise BackendFailed(
            f"{missing}; without grammars digits would be left out of the speech. "
            f"Build them once: python -m nemo_voice_tts grammars"
        )


def missing_grammar(directory: Path) -> str | None:
    """Returns what is wrong with the grammars in the directory, or None."""
    for name in _GRAMMAR_FILES:
        if not (directory / name).is_file():
            return f"the text grammars are not complete: {directory / name} is missing"
    if not _is_current(directory):
        return f"the text grammars in {directory} are not of version {_installed_version()}"
    return None


def open_grammars(directory: Path) -> Any:
    """Returns the package's normaliser, with what the directory lacks compiled into it."""
    from nemo_text_processing.text_normalization.normalize import (  # noqa: PLC0415 takes a second
        Normalizer,
    )

    # Its messages quote the text, and each call sets the level anew.
    logging.getLogger("NeMo-text-processing").addFilter(lambda _record: False)
    return Normalizer(lang="en", input_case="cased", cache_dir=str(directory))


def verbalised(grammars: Any, phrase: str) -> str:
    """Returns a phrase in words, as the grammars read it, ending as it is written.

    Args:
        grammars: What `open_grammars` returned.
        phrase: What is left of a text after the steps of its language.
    """
    options = {"punct_pre_process": True, "punct_post_process": True}
    return with_final_stop(str(grammars.normalize(phrase, **options)), phrase)


def with_final_stop(spoken: str, written: str) -> str:
    """Returns the spoken form ending as the written one: the grammars take a final `p.m.` whole."""
    final = written.rstrip("\"')]} ")[-1:]
    if final in {".", "?", "!"} and spoken.rstrip("\"')]} ")[-1:] not in {".", "?", "!"}:
        return f"{spoken}{final}"
    return spoken


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
