"""Keeps the generated manifests and the generated parts of the documentation equal to the code.

`make generate` writes them, `make verify` checks them. A part stands between
`<!-- generated: NAME -->` and `<!-- /generated -->`; the rest of a document is written by hand.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.generated.manifests import manifests
from tools.generated.tables import parts

ROOT = Path(__file__).resolve().parents[2]
MARKED = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


class UnknownPartError(Exception):
    """A marker names a part that does not exist."""


def rewritten(text: str, made: Mapping[str, Callable[[], str]]) -> str:
    """Returns the document with each marked part made anew.

    Raises:
        UnknownPartError: A marker names a part that is not in `made`.
    """

    def remade(marked: re.Match[str]) -> str:
        if marked[2] not in made:
            raise UnknownPartError(f"no part is called {marked[2]!r}; there are {sorted(made)}")
        return f"{marked[1]}{made[marked[2]]()}{marked[3]}"

    return MARKED.sub(remade, text)


def documents() -> list[Path]:
    """Returns every document that may hold generated parts."""
    folders = (ROOT / "docs", ROOT / "charts")
    return [*ROOT.glob("*.md"), *sorted(page for one in folders for page in one.rglob("*.md"))]


def outdated() -> dict[Path, str]:
    """Returns the files that differ from what the code makes of them, with their new text."""
    made = parts((ROOT / "Makefile").read_text(encoding="utf-8"))
    texts = {path: path.read_text(encoding="utf-8") for path in documents()}
    fresh = {path: rewritten(text, made) for path, text in texts.items()}
    for name, text in manifests().items():
        path = ROOT / name
        texts[path] = path.read_text(encoding="utf-8") if path.exists() else ""
        fresh[path] = text
    return {path: text for path, text in fresh.items() if text != texts[path]}


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks, and returns the exit status."""
    parser = argparse.ArgumentParser(description="Write what is made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    is_check = parser.parse_args(arguments).check
    differing = outdated()
    for path, text in differing.items():
        if not is_check:
            path.write_text(text, encoding="utf-8")
        verb = "differs from the code: run `make generate`" if is_check else "written"
        sys.stdout.write(f"{path.relative_to(ROOT)} {verb}\n")
    return 1 if is_check and differing else 0
