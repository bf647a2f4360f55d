"""Many VoiceServices that cannot come up, applied at once: each says what is wrong with it."""

import time
from typing import Any

from support.chaos.trials import MARKS, trial
from support.hub.in_cluster import ClusterHub
from support.hub.program import COMMITS, PRIVATE, PUBLIC
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

PATIENCE_S = 180.0
HUB = "hub"
"""In place of the hub's address, which is not known before there is a hub."""

pytestmark = MARKS


def variable(source: str, name: str) -> list[dict[str, Any]]:
    """Returns a spec's variable that comes from an object of this name."""
    return [{"name": "GREETING", "valueFrom": {source: {"name": name, "key": "greeting"}}}]


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "claim": (
        {"model": {"source": "file:///a.nemo"}, "cache": {"claimName": "no-such-claim"}},
        "no-such-claim",
    ),
    "storage-class": (
        {
            "model": {"source": PUBLIC},
            "hub": {"endpoint": HUB},
            "cache": {"size": "1Gi", "storageClassName": "no-such-class"},
        },
        "no-such-class",
    ),
    "image": ({"image": "nowhere.invalid/nothing:1"}, "nowhere.invalid/nothing:1"),
    "gpu": ({"gpu": {"count": 16}}, "nvidia.com/gpu"),
    "runtime-class": ({"runtimeClassName": "no-such-runtime"}, "no-such-runtime"),
    "priority-class": ({"priorityClassName": "no-such-priority"}, "no-such-priority"),
    "account": ({"serviceAccountName": "no-such-account"}, "no-such-account"),
    "setting": ({"env": [{"name": "NEMO_VOICE_MAX_SIZZE", "value": "1"}]}, "NEMO_VOICE_MAX_SIZZE"),
    "keys": ({"auth": {"keysSecretRef": {"name": "no-such-keys"}}}, "no-such-keys"),
    "secret": ({"env": variable("secretKeyRef", "no-such-secret")}, "no-such-secret"),
    "config-map": ({"env": variable("configMapKeyRef", "no-such-map")}, "no-such-map"),
    "unauthorized": (
        {"model": {"source": PRIVATE}, "hub": {"endpoint": HUB}},
        "tokenSecretRef",
    ),
    "revision": (
        {"model": {"source": PUBLIC, "revision": "c" * 40}, "hub": {"endpoint": HUB}},
        "c" * 40,
    ),
    "digest": (
        {
            "model": {"source": PUBLIC, "revision": COMMITS[0], "sha256": "0" * 64},
            "hub": {"endpoint": HUB},
        },
        "0" * 64,
    ),
    "unreachable": (
        {"model": {"source": PUBLIC}, "hub": {"endpoint": "http://127.0.0.1:9"}},
        "127.0.0.1:9",
    ),
    "unresolvable": (
        {"model": {"source": PUBLIC}, "hub": {"endpoint": "http://hub.invalid"}},
        "hub.invalid",
    ),
}
"""The spec, and what the status has to name."""


def test_each_of_many_broken_specs_is_told_by_name_while_others_serve(
    listener: str, voices: VoiceNamespace, cluster_hub: ClusterHub
) -> None:
    fault = f"{len(BROKEN)} VoiceServices that cannot come up were applied at once."
    told: dict[str, str] = {}
    with trial(voices, listener, "broken specs", fault) as running:
        running.begin()
        for name, (spec, _) in BROKEN.items():
            voices.create_voice(name, **with_hub(spec, cluster_hub.endpoint))
        applied_s = time.monotonic()

        def are_told() -> bool:
            for name, said in degraded(voices).items():
                if name in BROKEN and name not in told and BROKEN[name][1] in said:
                    told[name] = said
                    after_s = time.monotonic() - applied_s
                    running.notes.append(f"{name} after {after_s:.0f} s: {said[:200]}")
            return set(told) == set(BROKEN)

        try:
            until("reasons", are_told, PATIENCE_S)
        except TimeoutError:
            untold = set(BROKEN) - set(told)
            said = degraded(voices)
            running.notes += [f"{one} never: {said.get(one, 'nothing')[:300]}" for one in untold]
        voices.kubectl("delete", "voice", *BROKEN, "--timeout=120s")
        running.wait_until_ready(2)
        assert set(told) == set(BROKEN)


def with_hub(spec: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Returns the spec with the address of the hub in its place."""
    if spec.get("hub") == {"endpoint": HUB}:
        return {**spec, "hub": {"endpoint": endpoint}}
    return spec


def degraded(voices: VoiceNamespace) -> dict[str, str]:
    """Returns what each VoiceService that is degraded says of it."""
    return {
        voice["metadata"]["name"]: f"{one['reason']}: {one['message']}"
        for voice in voices.get("voiceservices")["items"]
        for one in voice.get("status", {}).get("conditions", [])
        if one["type"] == "Degraded" and one["status"] == "True"
    }
