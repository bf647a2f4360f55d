"""Prints, as JSON, what is installed in the file system it runs in.

Runs inside an image, fed to its Python by `tools.release.sbom`: it imports only the standard
library.
"""

import hashlib
import json
import os
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

DPKG = Path("/var/lib/dpkg/status")
RELEASE = Path("/etc/os-release")


def python_packages() -> list[dict[str, Any]]:
    """Returns the name, version and licence metadata of each distribution."""
    return [
        {
            "name": one.metadata["Name"],
            "version": one.version,
            "expression": one.metadata["License-Expression"],
            "text": one.metadata["License"],
            "classifiers": one.metadata.get_all("Classifier") or [],
        }
        for one in distributions()
    ]


def debian_packages() -> list[dict[str, str]]:
    """Returns name, version and architecture of each installed package of the distribution."""
    if not DPKG.is_file():
        return []
    found = []
    for paragraph in DPKG.read_text(encoding="utf-8").split("\n\n"):
        lines = [line.partition(": ") for line in paragraph.splitlines() if line[:1].isalpha()]
        fields = {name: value for name, _, value in lines}
        if fields.get("Status", "").endswith(" installed"):
            names = {"name": "Package", "version": "Version", "architecture": "Architecture"}
            found.append({ours: fields[theirs] for ours, theirs in names.items()})
    return found


def release() -> dict[str, str]:
    """Returns which release of which distribution it is."""
    if not RELEASE.is_file():
        return {}
    lines = [line.partition("=") for line in RELEASE.read_text(encoding="utf-8").splitlines()]
    fields = {name: value.strip('"') for name, _, value in lines}
    return {"id": fields.get("ID", ""), "version": fields.get("VERSION_ID", "")}


def models() -> list[dict[str, str]]:
    """Returns the checkpoints that the image carries, with their digests."""
    folder = os.environ.get("NEMO_VOICE_DEMO_MODELS")
    checkpoints = sorted(Path(folder).glob("*.nemo")) if folder else []
    return [
        {"name": one.stem, "sha256": hashlib.sha256(one.read_bytes()).hexdigest()}
        for one in checkpoints
    ]


json.dump(
    {
        "python": python_packages(),
        "debian": debian_packages(),
        "release": release(),
        "models": models(),
    },
    sys.stdout,
)
