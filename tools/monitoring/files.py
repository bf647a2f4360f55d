"""The generated files of the monitoring: dashboards, and the copies that the chart carries.

`tools.generated.manifests` writes them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.monitoring import operator_dashboard, services_dashboard
from tools.monitoring.grafana import model_of

ROOT = Path(__file__).resolve().parents[2]
RULES = Path("monitoring/rules/nemo-voice.yaml")
DASHBOARDS = Path("monitoring/dashboards")
CHART = Path("charts/nemo-voice/files/monitoring")
"""Helm reads no file outside the chart, so it has copies."""


def alerts() -> list[dict[str, Any]]:
    """Returns every alert as the rules have it."""
    groups = yaml.safe_load((ROOT / RULES).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def monitoring_files() -> Mapping[Path, str]:
    """Returns the text of each generated file of the monitoring by its path in the repository."""
    pages = (services_dashboard.services(), operator_dashboard.operator())
    made = {f"{page.uid}.json": json.dumps(model_of(page), indent=1) + "\n" for page in pages}
    return {
        **{DASHBOARDS / name: text for name, text in made.items()},
        **{CHART / "dashboards" / name: text for name, text in made.items()},
        CHART / "rules" / RULES.name: (ROOT / RULES).read_text(encoding="utf-8"),
    }
