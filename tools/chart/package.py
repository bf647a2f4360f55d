"""Packs what a release gives to people with a cluster into dist/: `make chart`.

The chart as Helm packs it, and the manifests beside it. Needs Helm, from hack/go.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from hack.go_programs import GoProgramsMissingError, programs

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "nemo-voice"
MANIFESTS = ("crd.yaml", "install.yaml")


def pack(helm: Path, into: Path) -> list[Path]:
    """Returns the files that were written into the folder.

    Raises:
        subprocess.CalledProcessError: Helm failed; it has said why.
    """
    into.mkdir(parents=True, exist_ok=True)
    command = [str(helm), "package", str(CHART), "--destination", str(into)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    packed = Path(printed.strip().rpartition(": ")[2])
    copied = [Path(shutil.copy(ROOT / "manifests" / name, into / name)) for name in MANIFESTS]
    return [packed, *copied]


def main() -> int:
    """Writes the files; returns the exit status."""
    try:
        written = pack(programs("helm") / "helm", ROOT / "dist")
    except GoProgramsMissingError as reason:
        sys.stderr.write(f"the chart was NOT packed: {reason}\n")
        return 1
    for path in written:
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
