"""Two releases that would both run the same VoiceServices, and a definition that changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nemo_voice_operator.crd import crd
from support.chaos.trials import MARKS, trial
from support.kubernetes.kubectl import RELEASED, Kubernetes
from support.kubernetes.operator_in_cluster import CHART, NAME, NAMESPACE
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

CRD = "voiceservices.nemo-voice.dev"
SECOND = "second"
NEW_FIELD = "runtimeClassName"
MANY = 60
TIMEOUT = "--timeout=180s"

pytestmark = MARKS


def test_a_second_operator_touches_nothing_of_the_first(
    listener: str, voices: VoiceNamespace, kubernetes: Kubernetes
) -> None:
    before, pods = generation(voices, listener), voices.pod_names(listener)
    fault = (
        "A second release of the chart with another default image was installed for the cluster."
    )
    with trial(voices, listener, "two operators", fault) as running:
        running.begin()
        with second_release(kubernetes):
            running.load.wait_for(MANY)
            after = generation(voices, listener)
            is_ready = is_second_ready(kubernetes)
            running.notes.append(f"the Deployment's generation grew by {after - before}")
        running.wait_until_ready(2)
        assert after == before
        assert not is_ready, "it says that it has nothing to do"
        assert voices.pod_names(listener) == pods


def test_an_upgrade_of_the_operator_leaves_the_pods_alone(
    listener: str, voices: VoiceNamespace, kubernetes: Kubernetes
) -> None:
    pods = voices.pod_names(listener)
    fault = "The release was upgraded with another log level: the operator's pod was replaced."
    with trial(voices, listener, "operator upgraded", fault) as running:
        running.begin()
        where = ("--namespace", NAMESPACE, "--reuse-values", "--wait", TIMEOUT)
        kubernetes.helm(
            "upgrade", NAME, str(CHART), *where, "--set", "operator.logging.level=debug"
        )
        running.load.wait_for(MANY)
        running.wait_until_ready(2)
        assert voices.pod_names(listener) == pods


def test_a_definition_changes_back_and_forth_without_a_lost_request(
    listener: str, voices: VoiceNamespace, kubernetes: Kubernetes
) -> None:
    fault = "The definition lost a field and got it back, a change came under each."
    with trial(voices, listener, "definition rolled back and upgraded", fault) as running:
        running.begin()
        for number, definition in enumerate((older_definition(), crd())):
            apply = ("apply", "--server-side", "--force-conflicts", "--filename", "-")
            kubernetes.kubectl(*apply, manifest=definition)
            voices.change(listener, networkPolicy={"enabled": bool(number)})
            voices.wait_until_settled(listener)
            running.load.wait_for(MANY // 2)
        running.wait_until_ready(2)
    until("the field", lambda: NEW_FIELD in str(kubernetes.get("crd", CRD)))


def generation(voices: VoiceNamespace, name: str) -> int:
    """Returns how often a VoiceService's Deployment has been changed."""
    return int(voices.get("deployment", name)["metadata"]["generation"])


def older_definition() -> dict[str, Any]:
    """Returns the definition without a field that no VoiceService of the tests has."""
    definition: Any = crd()
    (version,) = definition["spec"]["versions"]
    del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"][NEW_FIELD]
    older: dict[str, Any] = definition
    return older


@contextmanager
def second_release(kubernetes: Kubernetes) -> Iterator[None]:
    """Installs a second release for the whole cluster, for the time of the block.

    It is not waited for until its operator is ready: one that has nothing to do is not.
    """
    where = ("--namespace", SECOND)
    values = f"images.registry={RELEASED},rbac.aggregate=false"
    install = ("install", SECOND, str(CHART), *where, "--create-namespace", "--set", values)
    kubernetes.helm(*install, TIMEOUT)
    try:
        until("its operator", lambda: is_running(kubernetes), 180)
        yield
    finally:
        kubernetes.helm("uninstall", SECOND, *where, TIMEOUT)
        kubernetes.kubectl("delete", "namespace", SECOND, TIMEOUT)


def is_running(kubernetes: Kubernetes) -> bool:
    """Returns whether the second release's operator runs, ready or not."""
    pods = kubernetes.get("pods", "", SECOND)["items"]
    return bool(pods) and all(pod["status"]["phase"] == "Running" for pod in pods)


def is_second_ready(kubernetes: Kubernetes) -> bool:
    """Returns whether a pod of the second release's operator is ready."""
    pods = kubernetes.get("pods", "", SECOND)["items"]
    return any(one["ready"] for pod in pods for one in pod["status"]["containerStatuses"])
