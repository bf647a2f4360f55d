"""How a Secret with API keys reaches the pods: as a folder that follows it, and nothing else."""

from typing import Any

import pytest

from nemo_voice_operator.api.service_contract import API_KEYS
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


def variables(pod: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}


@pytest.mark.parametrize(
    ("reference", "items"),
    [
        ({"name": "speech-keys"}, None),
        ({"name": "speech-keys", "key": ".shop"}, [{"key": ".shop", "path": "keys"}]),
    ],
)
def test_a_secret_is_mounted_as_a_folder_for_the_service_alone(
    reference: dict[str, str], items: object
) -> None:
    made = pods(model=NVIDIA, auth={"keysSecretRef": reference})
    serving, fetching = made["Deployment"], made["Job"]
    (volume,) = [one for one in serving["volumes"] if "secret" in one]
    expected = {"secretName": "speech-keys", "defaultMode": 0o440}
    assert volume["secret"] == expected | ({"items": items} if items else {})
    (mount,) = [
        one for one in serving["containers"][0]["volumeMounts"] if one["name"] == volume["name"]
    ]
    # With a subPath the kubelet would never update the keys.
    assert mount == {"name": volume["name"], "mountPath": API_KEYS, "readOnly": True}
    assert variables(serving)["NEMO_VOICE_API_KEYS_FILE"] == API_KEYS
    assert not any("secret" in one for one in fetching["volumes"])
    assert "NEMO_VOICE_API_KEYS_FILE" not in variables(fetching)


def test_without_auth_there_is_neither_volume_nor_variable() -> None:
    serving = pods()["Deployment"]
    assert not any("secret" in one for one in serving["volumes"])
    assert "NEMO_VOICE_API_KEYS_FILE" not in variables(serving)
