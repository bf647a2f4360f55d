"""Brings nemo-voice with both demo models onto a cluster, or takes it away: `make kind-up`.

    python -m tools.kind up      a cluster by kind, images, chart, two VoiceServices
    python -m tools.kind down    takes the cluster away

With `--kubeconfig FILE` that cluster is used instead, which must hold the images of `--tag`, and
`down` takes only the release away.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from tools.images.build import FOLDERS, reference

ROOT = Path(__file__).resolve().parents[1]
NAME = "nemo-voice"
KIND_CONFIG = ROOT / "kind-config.yaml"
CHART = ROOT / "charts" / "nemo-voice"
READY_TIMEOUT = "900s"
DEMO = {"model": {"source": "demo"}, "gpu": {"count": 0}}
VOICE_SERVICES = {"tts-demo": {"task": "tts", **DEMO}, "stt-demo": {"task": "stt", **DEMO}}


class ProgramMissingError(Exception):
    """A program that is needed is not on PATH; the message says which."""


def up(tag: str, *, in_given: bool) -> None:
    """Returns when both demo VoiceServices are ready.

    Args:
        tag: Of the images.
        in_given: Whether KUBECONFIG names a cluster to use; else one is made.

    Raises:
        ProgramMissingError: kind, kubectl or Helm is missing.
        subprocess.CalledProcessError: One of them failed; its own message is on stderr.
    """
    require("helm", "kubectl")
    if not in_given:
        _make_cluster(tag)
    values = {
        "images": {"registry": "docker.io/library", "tag": tag},
        "voiceServices": VOICE_SERVICES,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        here = ("--namespace", NAME, "--create-namespace", "--values", file.name)
        _run("helm", "upgrade", "--install", NAME, str(CHART), *here, "--timeout", READY_TIMEOUT)
    voices = [f"voiceservice/{name}" for name in VOICE_SERVICES]
    ready = ("--for=condition=Ready", "--timeout", READY_TIMEOUT)
    _run("kubectl", "wait", "--namespace", NAME, *ready, *voices)
    _run("kubectl", "get", "voiceservices", "--namespace", NAME)


def down(*, in_given: bool) -> None:
    """Returns when what `up` made is gone: the cluster, or in a given one the release.

    Raises:
        ProgramMissingError: kind or Helm is missing.
        subprocess.CalledProcessError: One of them failed; its own message is on stderr.
    """
    if not in_given:
        require("kind")
        _run("kind", "delete", "cluster", "--name", NAME)
        return
    require("helm", "kubectl")
    _run("helm", "uninstall", NAME, "--namespace", NAME, "--wait", "--timeout", READY_TIMEOUT)
    _run("kubectl", "delete", "namespace", NAME, "--timeout", READY_TIMEOUT)


def require(*names: str) -> None:
    """Returns when these programs are on PATH.

    Raises:
        ProgramMissingError: One is not.
    """
    if missing := [name for name in names if shutil.which(name) is None]:
        raise ProgramMissingError(f"{', '.join(missing)}: not on PATH")


def _make_cluster(tag: str) -> None:
    require("kind", "docker")
    listed = subprocess.run(["kind", "get", "clusters"], check=True, capture_output=True, text=True)
    if NAME not in listed.stdout.split():
        _run("kind", "create", "cluster", "--config", str(KIND_CONFIG), "--wait", "120s")
    _run("kubectl", "config", "use-context", f"kind-{NAME}")
    images = [reference(name, tag) for name in FOLDERS]
    _run("kind", "load", "docker-image", "--name", NAME, *images)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tool; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.kind", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", choices=("up", "down"))
    parser.add_argument("--tag", default="dev", help="tag of the images (dev: of `make images`)")
    parser.add_argument("--kubeconfig", type=Path, help="use this cluster instead of kind's")
    chosen = parser.parse_args(arguments)
    if chosen.kubeconfig is not None:
        os.environ["KUBECONFIG"] = str(chosen.kubeconfig)
    in_given = chosen.kubeconfig is not None
    try:
        if chosen.what == "up":
            up(chosen.tag, in_given=in_given)
        else:
            down(in_given=in_given)
    except ProgramMissingError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"error: {error.cmd[0]} ended with status {error.returncode}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
