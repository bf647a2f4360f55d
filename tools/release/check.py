"""Prints what must be corrected before this tree can be a release: `make release-check`.

python -m tools.release.check                 what must hold at any time
python -m tools.release.check --tag v0.2.0    and what must hold when that tag is made
python -m tools.release.check --set 0.2.0     writes a version in every place where one stands
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.chart.install_manifest import MANIFEST
from tools.generated import generate
from tools.release import changelog
from tools.release.versions import ROOT, VERSION, places, project_version, write_version

CHART = "charts/nemo-voice"
# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.}~])/(?:work|root|home/\w+|Users/\w+|farm)" + r"/\w")
REGISTRIES = re.compile(
    "https?://[^ )\"']*(?:" + "py" + r"pi\.|python" + r"hosted|artifact" + r"ory|/simp" + "le)"
    r"|^\s*--?(?:extra-)?index-" + r"url[ =]",
    re.MULTILINE,
)


def findings(root: Path, tag: str | None) -> Iterator[str]:
    """Yields what is wrong, one sentence each; with a tag, also what forbids that release."""
    version = project_version(root)
    yield from version_findings(root, version)
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    for found in changelog.findings(text, version, is_release=tag is not None):
        yield f"CHANGELOG.md: {found}"
    yield from chart_findings(root)
    yield from foreign_findings(root)
    if tag is not None:
        yield from tag_findings(root, version, tag)


def version_findings(root: Path, version: str) -> Iterator[str]:
    """Yields every place that says another version than the project's."""
    for place in places(root):
        if place.version != version:
            yield f"{place.path}:{place.line}: {place.version} is not {version}"


def chart_findings(root: Path) -> Iterator[str]:
    """Yields a chart that changed since the last release and still has that release's version."""
    last = _git(root, "describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^").strip()
    if not last or not _git(root, "diff", "--name-only", last, "--", CHART).strip():
        return
    before = _git(root, "show", f"{last}:{CHART}/Chart.yaml")
    if _chart_version(before) == _chart_version((root / CHART / "Chart.yaml").read_text()):
        yield f"{CHART} changed since {last}: its version in Chart.yaml must change too"


def foreign_findings(root: Path) -> Iterator[str]:
    """Yields every file that names a path of one machine, or a package registry."""
    for name in _git(root, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        data = (root / name).read_bytes() if (root / name).is_file() else b"\0"
        text = "" if b"\0" in data else data.decode("utf-8")
        for pattern in (MACHINE_PATHS, REGISTRIES):
            if found := pattern.search(text):
                yield f"{name}: {found[0].strip()} is of one machine, or a registry"


def tag_findings(root: Path, version: str, tag: str) -> Iterator[str]:
    """Yields what must not be when a release is tagged."""
    if tag != f"v{version}":
        yield f"the tag is {tag}, and the version is {version}: it must be v{version}"
    if changed := _git(root, "status", "--porcelain").splitlines():
        yield f"{len(changed)} files are not committed: {changed[0][3:]} …"


def generated_findings() -> Iterator[str]:
    """Yields the generated files of this repository that are not what the code makes of them."""
    for path in generate.outdated():
        yield f"{path.relative_to(ROOT)} is not what `make generate` makes"
    version = project_version()
    if f"helm.sh/chart: nemo-voice-{version}\n" not in MANIFEST.read_text(encoding="utf-8"):
        yield f"{MANIFEST.relative_to(ROOT)} is of another version: run `make generate`"


def _chart_version(text: str) -> str:
    found = re.search(r"^version: (.+)$", text, re.MULTILINE)
    return found[1] if found else ""


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], check=False, capture_output=True, text=True
    )
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks, or writes a version; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.release.check", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--tag", help="the tag that is about to be made, or was")
    parser.add_argument("--set", dest="version", help="write this version everywhere")
    chosen = parser.parse_args(arguments)
    if chosen.version is not None:
        return _write(chosen.version)
    found = [*findings(ROOT, chosen.tag or None), *generated_findings()]
    for line in found:
        print(line)
    what = f"release {chosen.tag}" if chosen.tag else f"version {project_version()}"
    print(f"{what}: {len(found)} findings" if found else f"{what}: nothing is in its way")
    return 1 if found else 0


def _write(version: str) -> int:
    if VERSION.fullmatch(version) is None:
        sys.stderr.write(f"error: {version!r} is not a version like 1.2.3\n")
        return 2
    for path in write_version(version):
        print(f"{path} written")
    print("now run `make setup` and `make generate`, and give the changelog its section")
    return 0


if __name__ == "__main__":
    sys.exit(main())
