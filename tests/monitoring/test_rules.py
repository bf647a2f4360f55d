"""The rules: valid for promtool; each alert fires and stays silent in its cases."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nemo_voice_operator.api.status import Phase as VoiceServicePhase
from nemo_voice_operator.scaling.reasons import ScalingReason
from nemo_voice_operator.status import conditions
from nemo_voice_serving import errors
from nemo_voice_serving.runtime.lifecycle import Phase
from support.docs.repository import ROOT, anchors_of
from support.monitoring.files import RULES, rules, selectors
from support.monitoring.prometheus import promtool

CASES = sorted(Path(__file__).parent.glob("*.test.yaml"))
RUNBOOK = "https://github.com/nemo-voice/nemo-voice/blob/main/docs/failure-modes.md#"
ALERTS = {rule["alert"]: rule for rule in rules("alert")}


def test_promtool_finds_nothing_wrong(programs_of_prometheus: Path) -> None:
    done = promtool(programs_of_prometheus, "check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.name)
def test_alerts_fire_and_stay_silent_as_the_cases_say(
    programs_of_prometheus: Path, cases: Path
) -> None:
    done = promtool(programs_of_prometheus, "test", "rules", cases)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_that_fires_and_one_that_stays_silent() -> None:
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for case in (case for path in CASES for case in yaml.safe_load(path.read_text())["tests"]):
        checks: list[dict[str, Any]] = case["alert_rule_test"]
        (alert,) = {check["alertname"] for check in checks}
        does_fire = any(check["exp_alerts"] for check in checks)
        assert case["name"].startswith(f"{alert} {'fires' if does_fire else 'stays silent'} when ")
        seen[does_fire].add(alert)
    assert seen == {True: set(ALERTS), False: set(ALERTS)}


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_an_alert_has_severity_summary_description_and_runbook(alert: dict[str, Any]) -> None:
    assert alert["alert"].startswith("NemoVoice")
    assert alert["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    annotations = alert["annotations"]
    assert set(annotations) == {"summary", "description", "runbook_url"}
    assert all(annotations[name].endswith(".") for name in ("summary", "description"))
    address, _, anchor = annotations["runbook_url"].partition("#")
    assert f"{address}#" == RUNBOOK
    assert anchor == alert["alert"].lower()
    assert anchor in anchors_of((ROOT / "docs" / "failure-modes.md").read_text())


def test_every_label_value_in_a_rule_exists_in_the_code() -> None:
    codes = {one.code for one in vars(errors).values() if hasattr(one, "code")}
    known = {
        ("nemo_voice_requests_total", "outcome"): codes,
        ("namespace_job_outcome:nemo_voice_requests:rate5m", "outcome"): codes,
        ("nemo_voice_phase", "phase"): set(Phase),
        ("nemo_voice_operator_reconciles_total", "outcome"): {"done", "failed", "refused"},
        ("nemo_voice_operator_voiceservices", "phase"): set(VoiceServicePhase),
        ("nemo_voice_operator_conditions", "condition"): {"ModelCached", "Degraded"},
        ("nemo_voice_operator_conditions", "reason"): conditions._ON_ITS_WAY,
        ("nemo_voice_operator_scaled_voiceservices", "reason"): set(ScalingReason),
    }
    for rule in (*rules("alert"), *rules("record")):
        for selector in selectors(rule["expr"]):
            for label, words in selector.wanted:
                assert set(words.split("|")) <= known[selector.metric, label]


def test_a_download_in_progress_fires_no_alert() -> None:
    words = re.search('reason!~"(.*?)"', ALERTS["NemoVoiceModelMissing"]["expr"])
    assert words
    assert set(words[1].split("|")) == conditions._ON_ITS_WAY
