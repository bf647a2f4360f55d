"""Kinds and plain manifests: where the API server has them, and what is read of them."""

import pytest

from nemo_voice_operator.kube.kinds import (
    DEPLOYMENT,
    POD,
    SERVICE_MONITOR,
    VOICE_SERVICE,
    Kind,
    kind_of,
)
from nemo_voice_operator.kube.manifests import Manifest, name_of, namespace_of, pruned


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "path"),
    [
        (POD, None, None, "/api/v1/pods"),
        (POD, "speech", None, "/api/v1/namespaces/speech/pods"),
        (POD, "speech", "a", "/api/v1/namespaces/speech/pods/a"),
        (DEPLOYMENT, "speech", "a", "/apis/apps/v1/namespaces/speech/deployments/a"),
        (VOICE_SERVICE, None, None, "/apis/nemo-voice.dev/v1alpha1/voiceservices"),
    ],
)
def test_kind_has_its_api_path(
    kind: Kind, namespace: str | None, name: str | None, path: str
) -> None:
    assert kind.path(namespace, name) == path


def test_the_core_has_no_group() -> None:
    assert (POD.group, POD.version) == ("", "v1")
    assert (SERVICE_MONITOR.group, SERVICE_MONITOR.version) == ("monitoring.coreos.com", "v1")


def test_a_kind_is_known_by_its_name_or_refused() -> None:
    assert kind_of({"kind": "Deployment"}) is DEPLOYMENT
    with pytest.raises(KeyError):
        kind_of({"kind": "Secret"})


def test_name_and_namespace_of_a_manifest() -> None:
    manifest: Manifest = {"kind": "Pod", "metadata": {"name": "a", "namespace": "speech"}}
    assert (namespace_of(manifest), name_of(manifest)) == ("speech", "a")


def test_none_is_left_out_at_every_depth_and_nothing_else() -> None:
    given: Manifest = {"a": None, "b": [{"c": None, "d": 0}], "e": "", "f": {}}
    assert pruned(given) == {"b": [{"d": 0}], "e": "", "f": {}}
