"""When what others change is set back, and whom the operator names."""

import itertools
from typing import Any

import pytest

from nemo_voice_operator.controller.set_backs import SetBacks, is_changed, rivals
from nemo_voice_operator.kube.labels import MANAGER


def entry(manager: str, operation: str = "Update", **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, **more}


def managed(*entries: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": "narrator", "managedFields": list(entries)}, **fields}


OURS = entry(MANAGER, "Apply", time="2026-01-01T00:00:09Z", fieldsV1={"f:spec": {}})


def set_backs_within(set_backs: SetBacks, start_s: float, seconds: int) -> list[float]:
    """Returns when an object is set back that somebody changes every tenth of a second."""
    made = []
    for tenth in range(seconds * 10):
        now_s = start_s + tenth / 10
        if not set_backs.wait_s(now_s):
            set_backs.count(now_s)
            made.append(round(now_s - start_s, 1))
    return made


def test_the_first_set_backs_have_no_pause_and_later_ones_longer_and_longer_ones() -> None:
    made = set_backs_within(SetBacks(), 1000.0, 32)
    assert made[:3] == [0.0, 0.1, 0.2]
    pauses = [later - sooner for sooner, later in itertools.pairwise(made[2:])]
    assert pauses == pytest.approx([1, 2, 4, 8, 16], abs=0.11)


def test_the_longest_pause_is_five_minutes() -> None:
    made = set_backs_within(SetBacks(), 1000.0, 7200)
    assert made[-1] - made[-2] == pytest.approx(300, abs=0.11)


def test_after_ten_quiet_minutes_the_next_set_back_is_the_first_again() -> None:
    set_backs = SetBacks()
    last_s = 1000.0 + set_backs_within(set_backs, 1000.0, 60)[-1]
    set_backs.told.add("a tool")
    assert set_backs.wait_s(last_s + 1) > 0
    assert set_backs.wait_s(last_s + 601) == 0
    assert not set_backs.told
    assert set_backs_within(set_backs, last_s + 601, 1) == [0.0, 0.1, 0.2]


def test_the_wait_ends_when_the_pause_does() -> None:
    set_backs = SetBacks()
    for _ in range(4):
        set_backs.count(1000.0)
    assert set_backs.wait_s(1000.5) == pytest.approx(1.5)
    assert set_backs.wait_s(1002.0) == 0


def test_a_manager_that_lost_fields_is_named_and_no_other() -> None:
    thief = entry("argocd-controller", "Apply", fieldsV1={"f:spec": {"f:replicas": {}}})
    bystander = entry("someone", time="2026-01-01T00:00:10Z", fieldsV1={"f:metadata": {}})
    status = entry("kube-controller-manager", subresource="status", fieldsV1={"f:status": {}})
    robbed = {**thief, "fieldsV1": {"f:spec": {}}}
    before, after = managed(thief, bystander, status, OURS), managed(robbed, bystander, OURS)
    assert rivals(before, after) == "argocd-controller (Apply)"
    assert rivals(before, managed(bystander, OURS)) == "argocd-controller (Apply)"


def test_where_none_lost_a_field_the_newest_is_named() -> None:
    older = entry("kubectl-edit", time="2026-01-01T00:00:01Z", fieldsV1={"f:metadata": {}})
    newer = entry("a-hook", time="2026-01-01T00:00:02Z", fieldsV1={"f:metadata": {}})
    assert rivals(managed(newer, older, OURS), managed(newer, older, OURS)) == "a-hook (Update)"


def test_who_writes_under_our_own_name_is_told_from_ours() -> None:
    assert rivals(managed(OURS), managed(OURS)) == f"another {MANAGER}"
    updated = managed(entry(MANAGER, "Update", fieldsV1={"f:spec": {}}), OURS)
    assert rivals(updated, managed(OURS)) == f"{MANAGER} (Update)"


def test_who_deleted_an_object_has_no_name() -> None:
    assert rivals(None, managed(OURS)) == "somebody, who deleted it"


def test_only_what_was_applied_counts_as_changed() -> None:
    applied: Any = {"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 1, "args": ["x"]}}
    owner = [{"kind": "VoiceService", "uid": "1"}]
    before = {**managed(OURS, spec={"replicas": 1, "args": ["x"]}), "status": {"replicas": 0}}
    before["metadata"] |= {"labels": {"a": "b"}, "ownerReferences": owner}
    bound = {**before, "spec": {**before["spec"], "volumeName": "pv"}, "status": {"replicas": 1}}
    bound["metadata"] = {**before["metadata"], "annotations": {"bound": "yes"}, "generation": 3}
    assert not is_changed(applied, before, bound), "others wrote it, before or after"
    metadata = before["metadata"]
    for change in (
        {"spec": {"replicas": 2, "args": ["x"]}},
        {"spec": {"replicas": 1, "args": ["x", "y"]}},
        {"spec": {"replicas": 1}},
        {"metadata": {**metadata, "labels": {"a": "c"}}},
        {"metadata": {**metadata, "labels": {}}},
        {"metadata": {**metadata, "ownerReferences": []}},
    ):
        assert is_changed(applied, {**before, **change}, bound), change
    assert is_changed(applied, None, bound)
