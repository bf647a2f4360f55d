"""The tree of packages in docs/architecture.md, made from the packages' docstrings.

Called by `tables.py`. Nothing is imported: a docstring is read from its file.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = ("libs/*/src/*", "services/*/src/*", "operator/src/*")
"""Where the packages of the four distributions are."""
_INIT = "__init__.py"
_GENERATED = "protos"
"""Packages of generated code, which nobody reads."""


def packages_tree(root: Path = ROOT) -> str:
    """Returns a text block of all packages with the first lines of their docstrings."""
    trees = [
        list(_lines(package, package.relative_to(root).as_posix(), "", ""))
        for pattern in DISTRIBUTIONS
        for package in sorted(root.glob(pattern))
        if (package / _INIT).is_file()
    ]
    width = max(len(drawn) for tree in trees for drawn, _ in tree)
    blocks = ("".join(f"{drawn:{width}}  {line}\n" for drawn, line in tree) for tree in trees)
    return "```text\n{}```\n".format("\n".join(blocks))


def _lines(package: Path, name: str, branch: str, indent: str) -> Iterator[tuple[str, str]]:
    """Yields a package as it is drawn with its first line, then those in it."""
    yield f"{branch}{name}/", _first_line(package / _INIT)
    inner = sorted(init.parent for init in package.glob(f"*/{_INIT}"))
    inner = [one for one in inner if one.name != _GENERATED]
    for one in inner:
        is_last = one == inner[-1]
        mark, below = ("└── ", "    ") if is_last else ("├── ", "│   ")
        yield from _lines(one, one.name, indent + mark, indent + below)


def _first_line(path: Path) -> str:
    described = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return described.partition("\n")[0].removesuffix(".")
