"""Pods that got a library and a module from a test, by which their clock and device can be hurt.

The Deployment gets them from another field manager than the operator, which leaves alone what it
does not set itself: no image and no field of the product is for tests.
"""

import base64
import json
from pathlib import Path
from typing import Any

from support.kubernetes.voice_namespace import VoiceNamespace
from support.not_run import not_run
from support.waiting import until

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
CLOCK, DEVICE_GONE = "/tmp/clock", "/tmp/device-gone"
_MODULE = Path(__file__).parent / "tampering" / "sitecustomize.py"
_NAME = "tampering"
PODS = 2
_REPLACED_S = 600.0
_FOLDER = "/opt/tampering"
_ENVIRONMENT = {
    "PYTHONPATH": _FOLDER,
    "DEVICE_GONE": DEVICE_GONE,
    "LD_PRELOAD": f"{_FOLDER}/{FAKETIME.name}",
    "FAKETIME_TIMESTAMP_FILE": CLOCK,
    "FAKETIME_CACHE_DURATION": "1",
    # Only the time of day jumps, as by an administrator's or NTP's hand.
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
}


def tamper(voices: VoiceNamespace, name: str) -> None:
    """Gives the pods of a VoiceService what hurts them later; all are replaced by it."""
    if not FAKETIME.exists():
        not_run("NOT RUN: what changes a pod's clock: apt-get install libfaketime")
    voices.apply(_files())
    mount = {"name": _NAME, "mountPath": _FOLDER}
    environment = [{"name": key, "value": value} for key, value in _ENVIRONMENT.items()]
    container = {"name": "serve", "env": environment, "volumeMounts": [mount]}
    volume = {"name": _NAME, "configMap": {"name": _NAME}}
    pod = {"containers": [container], "volumes": [volume]}
    patch = json.dumps({"spec": {"template": {"spec": pod}}})
    voices.kubectl("patch", "deployment", name, "--field-manager=tests", "--patch", patch)

    def are_all_tampered() -> bool:
        volumes = [one["spec"]["volumes"] for one in voices.pods(name)]
        return len(volumes) == PODS and all(
            any(volume["name"] == _NAME for volume in found) for found in volumes
        )

    # A pod that was replaced is there until it has ended, and would be hurt in vain.
    until("only tampered pods", are_all_tampered, _REPLACED_S)


def remove_device(voices: VoiceNamespace, pod: dict[str, Any]) -> None:
    """Lets every computation of a pod fail from now on, until its process is another one."""
    _write(voices, pod, DEVICE_GONE, "")


def set_clock(voices: VoiceNamespace, pod: dict[str, Any], offset: str) -> None:
    """Lets a pod's time of day jump by an offset such as `+2h`."""
    _write(voices, pod, CLOCK, offset)


def _write(voices: VoiceNamespace, pod: dict[str, Any], path: str, text: str) -> None:
    program = f"open({path!r}, 'w').write({text!r})"
    command = ("python", "-I", "-S", "-c", program)
    voices.kubectl("exec", pod["metadata"]["name"], "--", *command)


def _files() -> dict[str, Any]:
    library = base64.b64encode(FAKETIME.read_bytes()).decode()
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME},
        "data": {_MODULE.name: _MODULE.read_text()},
        "binaryData": {FAKETIME.name: library},
    }
