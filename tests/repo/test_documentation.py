"""Everything that the documents refer to exists: files, headings, make targets, folders."""

import re
from pathlib import Path

import pytest

from support.docs.documented import command_blocks
from support.docs.repository import (
    ROOT,
    anchors_of,
    blocks_of,
    make_targets,
    markdown_files,
    prose_of,
    text_of,
    tracked_files,
)

LINK = re.compile(r"\]\(([^)\s]+)\)")
README_LINES = 150
OTHERS_WORDS = {"True", "False", "Unknown", "Complete", "PodScheduled", "Progressing"}
"""Words of Kubernetes' own conditions."""


@pytest.mark.parametrize("page", markdown_files(), ids=str)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = [
        target
        for target in LINK.findall(prose_of(text_of(page)))
        if not re.match(r"[a-z]+:", target) and not _leads_somewhere(page, target)
    ]
    assert broken == []


def _leads_somewhere(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = ((ROOT / page).parent / name).resolve() if name else ROOT / page
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors_of(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", markdown_files(), ids=str)
def test_every_make_command_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"`make ([a-z][a-z0-9-]*)[^`]*`", text_of(page)))
    typed = [line for block in command_blocks() if block.page == page for line in block.commands]
    for words in (line.split()[1:] for line in typed if line.startswith("make ")):
        named |= {word for word in words if "=" not in word}
    assert named <= make_targets()


def test_every_page_is_in_the_index() -> None:
    index = text_of(Path("docs/README.md"))
    pages = {path.name for path in markdown_files() if path.parent == Path("docs")} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()


@pytest.mark.parametrize("page", markdown_files(), ids=str)
def test_an_address_outside_is_whole_and_encrypted(page: Path) -> None:
    outside = [one for one in LINK.findall(text_of(page)) if re.match(r"[a-z]+:", one)]
    assert [one for one in outside if not re.fullmatch(r"https://[\w.-]+\.\w+(?:/\S*)?", one)] == []


def test_the_spanish_page_has_the_commands_of_the_readme() -> None:
    """Commands are not translated."""
    spanish = {
        line
        for block in command_blocks()
        if block.page == Path("docs/es/README.md")
        for line in block.commands
    }
    english = {
        line
        for block in command_blocks()
        if block.page == Path("README.md")
        for line in block.commands
    }
    told_otherwise = {
        '.venv/bin/python -m nemo_voice_tts say "Hello from a laptop." --out voz_generada.wav',
        "kubectl apply -f manifests/samples/tts-nvidia.yaml",
    }
    assert english - spanish == told_otherwise


def test_the_readme_is_short() -> None:
    assert len(text_of(Path("README.md")).splitlines()) <= README_LINES


def test_the_readmes_map_is_the_tree() -> None:
    shown = [block for block in blocks_of(text_of(Path("README.md")), "") if "libs/" in block]
    assert len(shown) == 1
    folders = {line.split()[0] for line in shown[0].splitlines()}
    missing = {folder for folder in folders if not (ROOT / folder).is_dir()}
    assert missing == set()
    tops = {path.parts[0] for path in tracked_files() if len(path.parts) > 1}
    unsaid = {top for top in tops if not top.startswith(".")} - {
        folder.split("/")[0] for folder in folders
    }
    assert unsaid == set()


@pytest.mark.parametrize("module", ["conditions", "pod_diagnosis", "claim_diagnosis", "status"])
def test_every_reason_of_a_condition_is_documented(module: str) -> None:
    page = text_of(Path("docs/voiceservice.md"))
    code = text_of(Path(f"operator/src/nemo_voice_operator/status/{module}.py"))
    words = set(re.findall(r'"((?:[A-Z][a-z]+)+)"', code)) - OTHERS_WORDS
    assert words
    assert {word for word in words if f"`{word}`" not in page} == set()


def test_every_decision_says_why() -> None:
    for page in sorted((ROOT / "docs" / "adr").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]}: "), page.name
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Alternatives"], page.name
