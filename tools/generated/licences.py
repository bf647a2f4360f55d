"""The tables of docs/licences.md: what each image installs, by licence.

From the pins, as they apply in the images, and the metadata of the same packages here.
"""

from collections import defaultdict
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from tools.generated.markdown import table
from tools.release.licences import licence_of, stated_in

ROOT = Path(__file__).resolve().parents[2]
SERVICES, OPERATOR = "nemo", "operator"
"""The pins of the images, by the name of their file in requirements/."""
_IN_THE_IMAGES = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.2",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def pinned(pins: str, machine: str = "x86_64") -> list[str]:
    """Returns the names of the packages that a file of pins installs in an image of a machine."""
    text = (ROOT / "requirements" / f"{pins}.txt").read_text(encoding="utf-8")
    lines = text.replace("\\\n", " ").splitlines()
    wanted = [Requirement(line.split(" --hash")[0]) for line in lines if line[:1].isalnum()]
    place = {**_IN_THE_IMAGES, "platform_machine": machine}
    return [one.name for one in wanted if one.marker is None or one.marker.evaluate(place)]


def licences(pins: str) -> dict[str, list[str]]:
    """Returns the packages by licence, the licence of most packages first.

    Raises:
        importlib.metadata.PackageNotFoundError: One is not installed here: another platform.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in pinned(pins):
        found[licence_of(stated_in(distribution(name).metadata))].append(name)
    return dict(sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))


def licences_table(pins: str) -> str:
    """Returns one row for each licence, with the packages that are under it."""
    rows = [
        (f"`{licence}`", str(len(names)), ", ".join(sorted(names)))
        for licence, names in licences(pins).items()
    ]
    return table(("licence, as stated", "packages", "which"), rows)
