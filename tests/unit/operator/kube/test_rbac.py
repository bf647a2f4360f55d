"""What the operator may do: all that it needs, and nothing of others."""

from typing import Any

from nemo_voice_operator.kube.kinds import OWNED, WATCHED
from nemo_voice_operator.kube.rbac import other_rules, own_rules, rules


def verbs(listed: list[Any]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for rule in listed:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found.setdefault((group, resource), set()).update(rule["verbs"])
    return found


def test_roles_allow_reading_watched_and_writing_owned_kinds() -> None:
    allowed = verbs(rules())
    for kind in WATCHED:
        assert {"get", "list", "watch"} <= allowed[kind.group, kind.plural]
    for kind in OWNED:
        assert {"create", "patch", "delete"} <= allowed[kind.group, kind.plural]


def test_roles_allow_writing_only_the_status_of_a_voice_service() -> None:
    allowed = verbs(rules())
    group = "nemo-voice.dev"
    assert allowed[group, "voiceservices"] == {"get", "list", "watch"}
    assert allowed[group, "voiceservices/status"] == {"patch"}


def test_roles_have_no_secrets_no_pod_writes_and_no_wildcards() -> None:
    allowed = verbs([*rules(), *own_rules("operator"), *other_rules()])
    assert allowed["", "pods"] == {"get", "list", "watch"}
    assert not [place for place in allowed if place[1] in {"secrets", "configmaps", "pods/exec"}]
    assert "*" not in str(allowed)


def test_own_role_allows_holding_the_lease_and_reading_its_own_deployment() -> None:
    assert verbs(own_rules("mine")) == {
        ("coordination.k8s.io", "leases"): {"get", "create", "update"},
        ("apps", "deployments"): {"get"},
    }
    (deployments,) = [rule for rule in own_rules("mine") if rule["resources"] == ["deployments"]]
    assert deployments["resourceNames"] == ["mine"]


def test_of_other_operators_only_the_lease_may_be_read() -> None:
    (rule,) = other_rules()
    assert verbs([rule]) == {("coordination.k8s.io", "leases"): {"get"}}
    assert rule["resourceNames"] == ["nemo-voice-operator"]
