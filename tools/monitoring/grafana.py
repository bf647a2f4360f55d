"""Grafana's JSON model of a dashboard, made from what the dashboard shows.

`services_dashboard.py` and `operator_dashboard.py` say what that is. Every query reads the data
source, the namespaces and the jobs that the reader chooses. Grafana's own SDK would be as long, and
deprecates this model for one that Grafana 10 and 11 cannot read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

DATA_SOURCE = {"type": "prometheus", "uid": "$datasource"}
_SCHEMA_VERSION = 39
"""Of Grafana 10 and 11; newer ones migrate it when they load it."""
_COLUMNS, _PANEL_HEIGHT = 24, 8
_REDUCED = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {**_REDUCED, "textMode": "value_and_name", "colorMode": "none", "graphMode": "none"},
    "bargauge": {**_REDUCED, "orientation": "horizontal", "displayMode": "basic"},
    "table": {"showHeader": True},
}


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel."""

    expr: str
    """PromQL."""
    legend: str
    """Name of each of its series, with labels in double braces."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture."""

    title: str
    unit: str
    """Grafana's name of the unit, such as `s`."""
    queries: tuple[Query, ...]
    kind: Literal["timeseries", "stat", "bargauge", "table"] = "timeseries"
    description: str = ""
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Up to four panels side by side, under a title."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page of rows."""

    uid: str
    title: str
    description: str
    known_by: str
    """The metric whose namespaces and jobs can be chosen."""
    rows: tuple[Row, ...]


def model_of(dashboard: Dashboard) -> dict[str, Any]:
    """Returns a dashboard as Grafana imports it."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["nemo-voice"],
        "schemaVersion": _SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": list(_variables(dashboard.known_by))},
        "annotations": {"list": []},
        "links": [],
        "panels": [
            {"id": number, **panel} for number, panel in enumerate(_placed(dashboard.rows), 1)
        ],
    }


def _variables(known_by: str) -> Iterator[dict[str, Any]]:
    yield {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "hide": 0,
    }
    for name, where in (("namespace", ""), ("job", '{namespace=~"$namespace"}')):
        query = f"label_values({known_by}{where}, {name})"
        yield {
            "name": name,
            "label": name.capitalize(),
            "type": "query",
            "datasource": DATA_SOURCE,
            "definition": query,
            "query": {"query": query, "refId": name},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            # Also matches series without the label: only Kubernetes has namespaces.
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
            "hide": 0,
        }


def _placed(rows: tuple[Row, ...]) -> Iterator[dict[str, Any]]:
    top = 0
    for row in rows:
        place = {"x": 0, "y": top, "w": _COLUMNS, "h": 1}
        yield {
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": place,
            "panels": [],
        }
        width = _COLUMNS // len(row.panels)
        for column, panel in enumerate(row.panels):
            place = {"x": column * width, "y": top + 1, "w": width, "h": _PANEL_HEIGHT}
            yield {**_panel(panel), "gridPos": place}
        top += 1 + _PANEL_HEIGHT


def _panel(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
        fill = 40 if panel.stacked else 10
        defaults["custom"] = {"fillOpacity": fill, "showPoints": "never", "stacking": stacking}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATA_SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            _target(query, chr(ord("A") + index), panel.kind)
            for index, query in enumerate(panel.queries)
        ],
    }


def _target(query: Query, name: str, kind: str) -> dict[str, Any]:
    is_range = kind == "timeseries"
    return {
        "refId": name,
        "datasource": DATA_SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend,
        "range": is_range,
        "instant": not is_range,
        "format": "table" if kind == "table" else "time_series",
    }
