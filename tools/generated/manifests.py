"""The files that are made whole from the code, unlike the parts of documents."""

from collections.abc import Mapping
from pathlib import Path

from tools.chart.files import chart_files, definition_yaml
from tools.generated import words
from tools.generated.protos import protos
from tools.monitoring.files import monitoring_files


def manifests() -> Mapping[Path, str]:
    """Returns the text of each generated file by its path in the repository."""
    return {
        Path("manifests/crd.yaml"): definition_yaml(),
        **chart_files(),
        **monitoring_files(),
        Path(words.PATH): words.word_list(),
        **protos(),
    }
