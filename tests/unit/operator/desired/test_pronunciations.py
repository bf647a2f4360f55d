"""How a ConfigMap of pronunciations reaches the pods: as a folder that follows it."""

from typing import Any

import pytest

from nemo_voice_operator.api.service_contract import PRONUNCIATIONS_FOLDER
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.settings import OperatorSettings
from support.operator.voice_services import verified_plan, voice_service

SETTINGS = OperatorSettings()
NVIDIA = {"source": "nvidia/tts_en_fastpitch"}


def pods(**spec: Any) -> dict[str, Any]:
    """The pods' specs of a VoiceService, by the kind that makes them."""
    service = voice_service(**spec)
    owned: Any = desired_state(service, verified_plan(service, SETTINGS), SETTINGS)
    return {
        manifest["kind"]: manifest["spec"]["template"]["spec"]
        for manifest in owned
        if "template" in manifest["spec"]
    }


@pytest.mark.parametrize(
    ("reference", "items"),
    [
        ({"name": "names"}, None),
        ({"name": "names", "key": ".shop"}, [{"key": ".shop", "path": "pronunciations"}]),
    ],
)
def test_a_config_map_is_mounted_as_a_folder_for_the_service_alone(
    reference: dict[str, str], items: object
) -> None:
    made = pods(model=NVIDIA, pronunciations={"configMapRef": reference})
    serving, fetching = made["Deployment"], made["Job"]
    (volume,) = [one for one in serving["volumes"] if "configMap" in one]
    assert volume["configMap"] == {"name": "names"} | ({"items": items} if items else {})
    container = serving["containers"][0]
    (mount,) = [one for one in container["volumeMounts"] if one["name"] == volume["name"]]
    # With a subPath the kubelet would never update the lists.
    expected = {"name": volume["name"], "mountPath": PRONUNCIATIONS_FOLDER, "readOnly": True}
    assert mount == expected
    variables = {one["name"]: one.get("value") for one in container["env"]}
    assert variables["NEMO_VOICE_PRONUNCIATIONS"] == PRONUNCIATIONS_FOLDER
    assert "pronunciations" not in str(fetching)


def test_without_a_config_map_there_is_neither_volume_nor_variable() -> None:
    assert "PRONUNCIATIONS" not in str(pods()["Deployment"])
    assert not any("configMap" in one for one in pods()["Deployment"]["volumes"])
