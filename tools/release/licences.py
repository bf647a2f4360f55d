"""The licences of installed packages, as their own metadata state them.

Called by `tools.generated.licences`, for the documentation, and by `bill_of_materials.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageMetadata

NOT_STATED = "none stated"
_LONGEST_NAME = 60
# What packages write, and what SPDX calls it. "BSD" alone says not which, so it stays.
_SPDX: Mapping[str, str] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "AL2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache-2.0 License": "Apache-2.0",
    "Apache2": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "NVIDIA Proprietary Software": "LicenseRef-NVIDIA-Proprietary",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "LLVM-exception",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Public Domain",
        "Zlib",
    }
)
"""Licences that require no more than their text in a copy, which the image contains."""


@dataclass(frozen=True)
class Stated:
    """What a package's metadata state of its licence."""

    expression: str = ""
    """`License-Expression`, by SPDX."""
    text: str = ""
    """`License`: a name, or a whole text."""
    classifiers: Sequence[str] = ()
    """The last parts of the `License ::` classifiers."""


def stated_in(metadata: PackageMetadata) -> Stated:
    """Returns what the metadata of an installed package state."""
    return stated(
        metadata["License-Expression"], metadata["License"], metadata.get_all("Classifier") or []
    )


def stated(expression: str | None, text: str | None, classifiers: Sequence[str]) -> Stated:
    """Returns the same of the three fields, of which each may be missing."""
    names = [one.rpartition("::")[2].strip() for one in classifiers if one.startswith("License ::")]
    return Stated(expression or "", text or "", names)


def licence_of(stated: Stated) -> str:
    """Returns the licence in SPDX's words where it is clear, else in the package's."""
    if stated.expression:
        return stated.expression
    names = [_SPDX.get(one, one) for one in stated.classifiers if one != "OSI Approved"]
    text = stated.text.strip()
    is_name = bool(text) and "\n" not in text and len(text) <= _LONGEST_NAME
    # A name is more exact than a classifier, but for text that merely begins so.
    if is_name and len(names) <= 1 and "Copyright" not in text:
        return _SPDX.get(text, text)
    return ", ".join(dict.fromkeys(names)) or NOT_STATED


def is_permissive(licence: str) -> bool:
    """Returns whether every licence that is named is a permissive one."""
    words = licence.replace("(", " ").replace(")", " ").replace(",", " AND ")
    for joint in (" WITH ", " OR "):
        words = words.replace(joint, " AND ")
    return all(word.strip() in PERMISSIVE for word in words.split(" AND "))
