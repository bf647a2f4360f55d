"""The manifests that are made from the code: whole files, unlike the parts of documents."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from nemo_voice_operator.crd import crd

_NOTE = "# Made by `make generate` from operator/src/nemo_voice_operator/resource.\n"


def manifests() -> Mapping[Path, str]:
    """Returns the text of each generated manifest by its path in the repository."""
    return {Path("manifests/crd.yaml"): _NOTE + _yaml(crd())}


def _yaml(manifest: object) -> str:
    text: str = yaml.safe_dump(manifest, sort_keys=False, width=120, allow_unicode=True)
    return text
