"""The commands in the documents, and the reasons of those that no test runs."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from typing_extensions import override

from support.docs.repository import markdown_files, text_of

COMMANDS = {"bash", "console", "sh"}
"""The languages of blocks of commands."""

_BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>[^>]+?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<content>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    page: Path
    line: int
    language: str
    content: str
    reason: str | None
    """Why no test runs it; None where one does."""

    @override
    def __str__(self) -> str:
        """Returns where it is."""
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Its commands, each in one line, without comments; of a transcript, what was typed."""
        if self.language == "console":
            return re.findall(r"^\$ (.+)$", self.content, re.MULTILINE)
        joined = re.sub(r"\s*\\\n\s*", " ", self.content)
        bare = (re.sub(r"\s+# .*$", "", line).strip() for line in joined.splitlines())
        return [line for line in bare if line and not line.startswith("#")]


@cache
def blocks() -> tuple[Block, ...]:
    """Returns every fenced block of every document."""
    return tuple(block for page in markdown_files() for block in _blocks_of(page))


def command_blocks() -> list[Block]:
    """Returns the blocks of commands."""
    return [block for block in blocks() if block.language in COMMANDS]


def commands() -> list[str]:
    """Returns every command of a block that is not marked, once each."""
    run = (block for block in command_blocks() if block.reason is None)
    return list(dict.fromkeys(command for block in run for command in block.commands))


def file_in(page: str, name: str) -> str:
    """Returns the YAML of a file that a page shows, found by its first line."""
    [content] = [
        block.content
        for block in blocks()
        if str(block.page) == page and block.content.startswith(f"# {name}\n")
    ]
    return content


def _blocks_of(page: Path) -> list[Block]:
    text = text_of(page)
    return [
        Block(
            page=page,
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            content=re.sub(rf"^{found['indent']}", "", found["content"], flags=re.MULTILINE),
            reason=found["reason"],
        )
        for found in _BLOCK.finditer(text)
    ]
