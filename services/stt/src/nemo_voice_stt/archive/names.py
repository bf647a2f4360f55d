"""The names of outputs: the place of the recording, with the suffix of the format."""

import os
import unicodedata

RUN = "nemo-voice-run.json"
"""What the outputs were made with."""
FAILED = "failed.jsonl"
"""The recordings that have no outputs, with the reasons."""
TRANSCRIPTS = "transcripts.jsonl"
"""A NeMo manifest of the recordings that have."""
PARTIAL = ".nemo-voice-"
"""How the names of unfinished files begin."""


def output_name(relative: str, *, keep_suffix: bool, part: str = "") -> str:
    """Returns the name of a recording's outputs, without the suffix of the format.

    Args:
        relative: The recording's path from the root of the inputs.
        keep_suffix: Whether the recording's suffix is kept.
        part: What tells parts of one file apart.
    """
    stem = relative if keep_suffix else os.path.splitext(relative)[0]  # noqa: PTH122 any bytes
    return stem + part


def part_of_name(start_s: float, length_s: float | None) -> str:
    """Returns what tells the part of a file from others: `@12.500-17.250`."""
    end = "" if length_s is None else f"{start_s + length_s:.3f}"
    return f"@{start_s:.3f}-{end}"


def relative_to_root(path: str, root: str) -> str:
    """Returns where a recording's outputs go: as it lies below the root, else below `/`.

    Args:
        path: The recording's; it may have `..` in it.
        root: The folder of the manifest, without any.
    """
    path = os.path.normpath(path)
    inside = root.rstrip(os.sep) + os.sep
    return path[len(inside) :] if path.startswith(inside) else path.lstrip(os.sep)


def same_on_disk(name: str, *, folds_case: bool) -> bytes:
    """Returns what two names have in common exactly if a disk holds one file for both."""
    if folds_case:
        name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return os.fsencode(name)
