"""Finds code in a checkpoint's weights by loading them as NeMo does: tensors alone, mapped."""

import pickle
import re
import struct
import warnings
from pathlib import Path

_ZIP_START = b"PK\x03\x04"
_GLOBAL = re.compile(r"GLOBAL (\S+)")
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    struct.error,
)
"""What torch raises for pickles that end early or make no sense, found by changing bytes."""


def code_in(weights: Path) -> str | None:
    """Returns what torch refuses to load, such as `os.system`; None for weights of tensors alone.

    Raises:
        ValueError: The file is damaged or of another format; the message says which.
    """
    # Imported here: torch takes seconds to import, and only a new model is checked.
    import torch  # noqa: PLC0415

    with weights.open("rb") as file:
        if file.read(len(_ZIP_START)) != _ZIP_START:
            raise ValueError(
                "not in the format that torch has written since 1.6; "
                "load it with plain NeMo and save it again"
            )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of some things before it refuses them
            torch.load(weights, map_location="cpu", mmap=True, weights_only=True)
    except pickle.UnpicklingError as error:
        found = _GLOBAL.search(str(error))
        return found[1] if found else "an operation that tensors do not need"
    except _DAMAGE as error:
        # The first sentence: the others advise to load the file unsafely.
        raise ValueError(f"damaged: {str(error).partition('. ')[0]}") from error
    return None
