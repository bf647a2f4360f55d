"""Refuses files of a model that hold code, as found by a function that the caller passes in.

A file's name says nothing: models bring files of any suffix, and a pickle may have any.
"""

from collections.abc import Callable
from pathlib import Path

from nemo_voice_serving.model_store.errors import FailureReason, ModelArchiveRefused

CodeFinder = Callable[[Path], str | None]
"""Returns the code that weights refer to, or None; raises `ValueError` for unreadable ones."""

_SUFFIX = ".ckpt"
_PROGRAM_STARTS = (b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\x00asm")
"""Of programs and libraries for Linux, macOS, Java and WebAssembly, and of scripts."""
_PICKLE_STARTS = (b"PK\x03\x04", *(bytes((0x80, protocol)) for protocol in range(2, 6)))


def refuse_code(path: Path, code_in: CodeFinder) -> None:
    """Checks weights, and any other file that begins like a pickle or a program, for code.

    Raises:
        ModelArchiveRefused: Names the file and what was found.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_PROGRAM_STARTS):
        raise ModelArchiveRefused(
            f"{path.name} is a program, which no model needs.",
            reason=FailureReason.UNSAFE_ARCHIVE,
        )
    is_pickled = start.startswith(_PICKLE_STARTS)
    if not is_pickled and path.suffix != _SUFFIX:
        return
    try:
        code = code_in(path)
    except ValueError as error:
        raise ModelArchiveRefused(f"{path.name} holds no weights: {error}.") from error
    if code is not None:
        raise ModelArchiveRefused(
            f"{path.name} holds pickled code: {code}.", reason=FailureReason.UNSAFE_PICKLE
        )
