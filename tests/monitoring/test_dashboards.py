"""The dashboards' JSON model, checked without Grafana."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from nemo_voice_operator.controller.metrics import OperatorMetrics
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_serving.tls.server_certificate import TlsMetrics
from nemo_voice_stt.realtime.metrics import LiveMetrics
from nemo_voice_tts.live_text.metrics import LiveTextMetrics
from support.monitoring.files import DASHBOARDS, dashboard, panels, queries, rules, selectors
from support.monitoring.prometheus import promtool

UNITS = {"s", "none", "reqps", "ops", "percentunit", "bytes"}
"""Grafana's names of units; it shows an unknown one as text."""
each_dashboard = pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)


def test_there_is_one_for_the_services_and_one_for_the_operator() -> None:
    names = [path.stem for path in DASHBOARDS]
    assert names == ["nemo-voice-operator", "nemo-voice-services"]
    assert [dashboard(path)["uid"] for path in DASHBOARDS] == names


@each_dashboard
def test_panels_have_numbers_titles_and_places_of_their_own(path: Path) -> None:
    everything = dashboard(path)["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    assert all(panel["title"] for panel in everything)
    taken = [cell for panel in everything for cell in _cells(panel["gridPos"])]
    assert len(taken) == len(set(taken))
    assert all(0 <= x < 24 for x, _ in taken)


@each_dashboard
def test_every_query_reads_the_source_the_namespaces_and_the_jobs_that_are_chosen(
    path: Path,
) -> None:
    source = {"type": "prometheus", "uid": "$datasource"}
    variables = {one["name"]: one for one in dashboard(path)["templating"]["list"]}
    assert list(variables) == ["datasource", "namespace", "job"]
    assert variables["datasource"]["type"] == "datasource"
    for panel in panels(path):
        assert panel["datasource"] == source
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["targets"]
        for target in panel["targets"]:
            assert target["datasource"] == source
            scoped = target["expr"].count('namespace=~"$namespace",job=~"$job"}')
            assert scoped == len(selectors(target["expr"]))
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)


def test_every_query_parses(programs_of_prometheus: Path, tmp_path: Path) -> None:
    found = [query for path in DASHBOARDS for query in queries(path)]
    recorded = [{"record": f"query:{number}", "expr": one} for number, one in enumerate(found)]
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": recorded}]}))
    done = promtool(programs_of_prometheus, "check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_in_a_query_exists() -> None:
    known = {rule["record"] for rule in rules("record")} | _metrics()
    wanted = [query for path in DASHBOARDS for query in queries(path)]
    wanted += [rule["expr"] for kind in ("alert", "record") for rule in rules(kind)]
    named = {selector.metric for query in wanted for selector in selectors(query)}
    assert len(named) > 20
    assert named <= known


def _cells(place: dict[str, Any]) -> list[tuple[int, int]]:
    columns = range(place["x"], place["x"] + place["w"])
    return list(itertools.product(columns, range(place["y"], place["y"] + place["h"])))


def _metrics() -> set[str]:
    services = CollectorRegistry()
    ServiceMetrics(services, "tts")
    LiveMetrics(services)
    LiveTextMetrics(services)
    TlsMetrics(services)
    operator = OperatorMetrics(ObjectCache(), lambda: 0, lambda: 0).registry
    # The registries' own lists of the names that families take,
    # without those counted at each scrape.
    taken = {*services._names_to_collectors, *operator._names_to_collectors}
    return taken | {family.name for family in operator.collect()}
