"""Writes the bill of materials of each built image: `make sbom`.

    python -m tools.release.sbom [NAME ...] [--tag dev] [--out dist]

Each image's own Python says what is installed in it; nothing is guessed from outside.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from hack.docker_daemon import Docker, DockerFailedError, DockerMissingError, running_docker
from tools.images.build import FOLDERS, ROOT, reference
from tools.release.bill_of_materials import InvalidBillError, bill

_PYTHON = "/opt/nemo-voice/venv/bin/python"


def contents_of(docker: Docker, image: str) -> dict[str, Any]:
    """Returns what is installed in the image, as `tools/images/packages.py` prints it."""
    program = (ROOT / "tools" / "images" / "packages.py").read_text(encoding="utf-8")
    sealed = ("--rm", "--interactive", "--network", "none", "--read-only", "--entrypoint", _PYTHON)
    printed = docker.run("run", *sealed, image, "-", input_text=program).stdout
    contents: dict[str, Any] = json.loads(printed)
    return contents


def bill_of(docker: Docker, image: str) -> tuple[str, str]:
    """Returns the name of the bill's file, and the bill.

    Raises:
        DockerFailedError: There is no such image.
        InvalidBillError: The bill is not of the form that the standard requires.
    """
    image_facts = json.loads(docker.run("image", "inspect", "--format", "{{json .}}", image).stdout)
    version = image_facts["Config"]["Labels"]["org.opencontainers.image.version"]
    name = image.partition(":")[0]
    text = bill(
        contents_of(docker, image),
        name=name,
        version=version,
        identity=image_facts["Id"],
        made=datetime.fromisoformat(image_facts["Created"][:19] + "+00:00"),
    )
    return f"{name}-{version}.cdx.json", text


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the bills; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.release.sbom", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("images", nargs="*", metavar="NAME", help=f"{', '.join(FOLDERS)}; or all")
    parser.add_argument("--tag", default="dev", help="the images' tag (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", metavar="FOLDER")
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    try:
        with running_docker() as docker:
            for name in chosen.images or FOLDERS:
                file, text = bill_of(docker, reference(name, chosen.tag))
                (chosen.out / file).write_text(text, encoding="utf-8")
                print(f"{chosen.out / file}: {text.count('bom-ref') - 1} components")
    except (DockerMissingError, DockerFailedError, InvalidBillError) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
