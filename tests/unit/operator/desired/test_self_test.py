"""How the recording of a self-test reaches the pods: as one file of a ConfigMap."""

from typing import Any

from nemo_voice_operator.api.service_contract import SELF_TEST_CLIP
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.settings import OperatorSettings
from support.operator.voice_services import verified_plan, voice_service

SETTINGS = OperatorSettings()
MODEL = {"source": "nvidia/stt_es_fastconformer_hybrid_large_pc"}
GREETING = {"clip": {"configMapRef": {"name": "greeting", "key": "saludo.flac"}}}


def pods(**spec: Any) -> dict[str, Any]:
    """The pods' specs of a recogniser, by the kind that makes them."""
    service = voice_service(task="stt", model=MODEL, **spec)
    owned: Any = desired_state(service, verified_plan(service, SETTINGS), SETTINGS)
    return {
        manifest["kind"]: manifest["spec"]["template"]
        for manifest in owned
        if "template" in manifest["spec"]
    }


def test_one_key_of_a_config_map_is_mounted_as_the_clip_of_the_settings() -> None:
    made = pods(selfTest=GREETING)
    serving = made["Deployment"]["spec"]
    (volume,) = [one for one in serving["volumes"] if "configMap" in one]
    items = [{"key": "saludo.flac", "path": "clip"}]
    assert volume == {"name": "self-test", "configMap": {"name": "greeting", "items": items}}
    container = serving["containers"][0]
    (mount,) = [one for one in container["volumeMounts"] if one["name"] == volume["name"]]
    assert f"{mount['mountPath']}/{items[0]['path']}" == SELF_TEST_CLIP
    assert mount["readOnly"] is True
    variables = {one["name"]: one.get("value") for one in container["env"]}
    assert variables["NEMO_VOICE_SELF_TEST__CLIP"] == SELF_TEST_CLIP
    assert "greeting" not in str(made["Job"])


def test_another_text_or_clip_rolls_the_pods_out() -> None:
    other = {"clip": {"configMapRef": {"name": "greeting", "key": "adios.flac"}}}
    found = [
        pods(**spec)["Deployment"]["metadata"]["annotations"]["nemo-voice.dev/template"]
        for spec in (
            {},
            {"selfTest": GREETING},
            {"selfTest": other},
            {"selfTest": {**GREETING, "text": "hola"}},
        )
    ]
    assert len(set(found)) == len(found)


def test_without_a_self_test_there_is_neither_volume_nor_variable() -> None:
    serving = pods()["Deployment"]
    assert "SELF_TEST" not in str(serving)
    assert "self-test" not in str(serving)
