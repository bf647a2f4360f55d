"""The files of this repository, as a clone would have them, and the parts of its Markdown."""

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


@cache
def tracked_files() -> tuple[Path, ...]:
    """Returns every file that is or would be committed, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in listed.splitlines() if (ROOT / (path := Path(name))).is_file())


def text_of(path: Path) -> str:
    """Returns the file's text; what is not text is empty."""
    data = (ROOT / path).read_bytes()
    return "" if b"\0" in data else data.decode("utf-8")


def markdown_files() -> list[Path]:
    """Returns every Markdown file."""
    return [path for path in tracked_files() if path.suffix == ".md"]


def sources() -> list[Path]:
    """Returns every module of the distributions."""
    return [path for path in tracked_files() if path.suffix == ".py" and "src" in path.parts]


def prose_of(markdown: str) -> str:
    """Returns the document without its fenced blocks."""
    return _FENCE.sub("", markdown)


def blocks_of(markdown: str, language: str) -> list[str]:
    """Returns the content of the fenced blocks in that language."""
    return [content for name, content in _FENCE.findall(markdown) if name == language]


def anchors_of(markdown: str) -> set[str]:
    """Returns the anchors of the document's headings, as GitHub makes them."""
    headings = _HEADING.findall(prose_of(markdown))
    bare = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in bare}


def make_targets() -> set[str]:
    """Returns every target of the Makefile."""
    return set(re.findall(r"^([a-z][a-z0-9-]*):", text_of(Path("Makefile")), re.MULTILINE))
