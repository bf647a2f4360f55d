"""The files of `monitoring/`, and the metrics in their queries."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.docs.repository import ROOT

RULES = ROOT / "monitoring" / "rules" / "nemo-voice.yaml"
DASHBOARDS = sorted((ROOT / "monitoring" / "dashboards").glob("*.json"))
_SELECTOR = re.compile(r"\b((?:namespace\w*:)?nemo_voice_\w+(?::\w+)?)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')


@dataclass(frozen=True)
class Selector:
    """A selector of a query: a metric, and the values of labels."""

    metric: str
    wanted: tuple[tuple[str, str], ...]
    """Labels, and the values that the query names."""


def rules(kind: str) -> list[dict[str, Any]]:
    """Returns the rules of a kind, `alert` or `record`."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


def dashboard(path: Path) -> dict[str, Any]:
    """Returns a dashboard."""
    model: dict[str, Any] = json.loads(path.read_text())
    return model


def panels(path: Path) -> list[dict[str, Any]]:
    """Returns the panels of a dashboard that show something."""
    return [panel for panel in dashboard(path)["panels"] if panel["type"] != "row"]


def queries(path: Path) -> list[str]:
    """Returns the queries of a dashboard for all namespaces and jobs, over the last minute."""
    filled = {"$namespace": ".*", "$job": ".*", "$__rate_interval": "1m"}
    found = [target["expr"] for panel in panels(path) for target in panel["targets"]]
    for name, value in filled.items():
        found = [query.replace(name, value) for query in found]
    return found


def selectors(query: str) -> list[Selector]:
    """Returns the selectors of our metrics in a query."""
    return [
        Selector(metric, tuple(_MATCHER.findall(wanted)))
        for metric, wanted in _SELECTOR.findall(query)
    ]
