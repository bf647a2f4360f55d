"""Looks for known faults in what this repository pins: `make audit`.

    python -m tools.audit                       what can be known with package registries alone
    python -m tools.audit --advisories FOLDER   Python's advisories as well, as JSON in OSV's format

Registries tell which releases were withdrawn. The advisories about Go are a Go module, at the
version that hack/go pins. Those about Python are in no registry: the folder is OSV's export for
PyPI.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hack.go_programs import GoProgramsMissingError, sources
from tools.audit import accepted
from tools.audit.advisories import findings, read_all
from tools.audit.pins import ROOT, go_pins, python_files, python_pins
from tools.audit.withdrawn import IndexUnreachableError, withdrawn


def audit(advisories: Path | None) -> list[str]:
    """Returns a line for each fault, having printed what was looked at.

    Raises:
        GoProgramsMissingError: Go's advisories cannot be downloaded.
        IndexUnreachableError: The package index cannot be asked.
    """
    files, python, go = python_files(), list(python_pins()), list(go_pins())
    lines = [line for path in files for line in withdrawn(path)]
    print(f"{len(python)} Python pins in {len(files)} files: asked which were withdrawn")
    known = list(read_all(sources("vulndb") / "data" / "osv"))
    print(f"{len(go)} Go modules: held against {len(known)} advisories")
    if advisories is None:
        print("NOT RUN: Python's advisories, which no registry has; see --advisories")
    else:
        more = list(read_all(advisories))
        print(f"{len(python)} Python pins: held against {len(more)} advisories")
        known += more
    found = findings([*python, *go], known)
    entries = accepted.read()
    print(f"{len(found)} advisories touch a pin; {accepted.FILE.relative_to(ROOT)} accepts some")
    return lines + accepted.complaints(found, entries, datetime.now(UTC).date())


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints every fault; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.audit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--advisories", type=Path, metavar="FOLDER")
    try:
        faults = audit(parser.parse_args(arguments).advisories)
    except (GoProgramsMissingError, IndexUnreachableError) as reason:
        faults = [str(reason)]
    for line in faults:
        sys.stderr.write(f"{line}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
