"""The operator's benchmark: its VoiceServices, its figures and its page."""

import dataclasses

import pytest

from benchmarks.operator.bare import owned_by_demo
from benchmarks.operator.page import page
from benchmarks.operator.population import children_of, is_cached, voice_services, volumes
from benchmarks.operator.results import (
    Bare,
    Changes,
    Convergence,
    Rest,
    Results,
    Resync,
    from_json,
    percentiles_ms,
    to_json,
)
from benchmarks.results import Circumstances
from nemo_voice_operator.api import parse
from nemo_voice_operator.kube.kinds import CLAIM, DEPLOYMENT
from nemo_voice_operator.settings import OperatorSettings

FINDINGS = Results(
    Circumstances("a command", "a machine", "Python 3.11", 0.25, "2026-01-02 03:04 UTC", 301.0),
    Bare(applied_s=30.0, ready_s=40.0, api_server_s=40.0, requests=5000),
    Convergence(
        services=1000,
        cached=200,
        applied_s=41.5,
        ready_s=52.0,
        processors_s={"operator": 20.0, "kube-apiserver": 50.0},
        requests=9000,
        reconciles=4000,
        resident_bytes=200 * 2**20,
        load=2.0,
    ),
    idle=Rest(0, 60.0, 1.2, 100, 201 * 2**20, 0.5),
    resync=Resync(3.0, 300.0),
    changes=Changes(tuple(number / 1000 for number in range(1, 201)), 0, 4.0, 0.6),
    scaling=Rest(200, 60.0, 7.2, 140, 202 * 2**20, 0.7),
)


def test_a_fifth_of_the_voice_services_have_a_cache_and_every_spec_is_one() -> None:
    services = [parse(one) for one in voice_services(100)]
    assert len({(one.metadata.namespace, one.metadata.name) for one in services}) == 100
    assert sum(map(is_cached, voice_services(100))) == 20
    assert {one.spec.task for one in services} == {"tts", "stt"}


def test_each_voice_service_has_a_deployment_and_with_a_cache_a_claim() -> None:
    owned = children_of(voice_services(100))
    assert len(owned[DEPLOYMENT]) == 100
    assert len(owned[CLAIM]) == 20


def test_bare_objects_are_those_of_demo_models() -> None:
    kinds = [[one["kind"] for one in owned_by_demo(service)] for service in voice_services(10)]
    assert {tuple(one) for one in kinds} == {
        ("Service", "NetworkPolicy", "Deployment", "PodDisruptionBudget", "Service")
    }


def test_volume_is_as_large_as_the_operators_claim() -> None:
    (volume,) = volumes(1)
    assert volume["spec"]["capacity"]["storage"] == OperatorSettings().cache_size


def test_rest_includes_the_cost_of_rare_resyncs() -> None:
    assert FINDINGS.idle_cores == pytest.approx(0.02 + 0.01)
    assert FINDINGS.millicores_each == pytest.approx(1000 * 0.1 / 200)


def test_goals_are_met_by_what_was_measured() -> None:
    assert [goal.measured for goal in FINDINGS.goals] == pytest.approx([41.5, 30, 0.198])
    assert all(goal.is_met for goal in FINDINGS.goals)


def test_lost_change_leaves_the_goal_unmet() -> None:
    lossy = dataclasses.replace(FINDINGS.changes, lost=1)
    *_, goal = dataclasses.replace(FINDINGS, changes=lossy).goals
    assert goal.measured is None
    assert not goal.is_met


def test_percentiles_are_in_milliseconds() -> None:
    assert percentiles_ms([0.001, 0.002, 0.003, 0.004]) == pytest.approx((2, 4, 4, 4))


def test_the_json_keeps_everything() -> None:
    assert from_json(to_json(FINDINGS)) == FINDINGS


def test_the_page_shows_goals_figures_ratios_and_how_to_repeat_it() -> None:
    text = page(FINDINGS)
    assert "| 1000 applied | ≤ 60 s | 41.5 s | yes |" in text
    assert "| kube-apiserver | 50.0 | 2.50 |" in text
    assert "9.00 requests and 20.0 ms" in text
    assert "1.38 times and 1.30 times that" in text
    assert "| 200 | 0 | 100 | 190 | 198 | 200 | 20.0 | 0.6 |" in text
    assert "make bench-operator" in text
    assert "busy" not in text


def test_page_warns_of_a_busy_machine() -> None:
    facts = dataclasses.replace(FINDINGS.circumstances, load_before=3.0)
    assert "busy with other work" in page(dataclasses.replace(FINDINGS, circumstances=facts))
