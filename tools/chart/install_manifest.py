"""Writes manifests/install.yaml: what the chart installs by its defaults, for `kubectl apply`.

Needs Helm, from hack/go; `tests/chart` holds the file equal to the chart.
"""

import subprocess
import sys
from pathlib import Path

from hack.go_programs import GoProgramsMissingError, programs

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "manifests" / "install.yaml"
NAMESPACE = "nemo-voice"
_HEAD = f"""# Made by `make generate` from charts/nemo-voice, with its defaults.
---
apiVersion: v1
kind: Namespace
metadata:
  name: {NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""


def rendered() -> str:
    """Returns the namespace, the definition, and every object of the chart that is no hook.

    Raises:
        GoProgramsMissingError: Helm can be neither found nor built.
    """
    command = [
        *(str(programs("helm") / "helm"), "template", NAMESPACE, "charts/nemo-voice"),
        *("--namespace", NAMESPACE, "--include-crds", "--no-hooks"),
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return _HEAD + done.stdout


def main() -> int:
    """Writes the file; returns the exit status."""
    try:
        MANIFEST.write_text(rendered(), encoding="utf-8")
    except GoProgramsMissingError as reason:
        sys.stderr.write(f"{MANIFEST.relative_to(ROOT)} was NOT written: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
