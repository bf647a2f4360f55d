"""A bill of materials: of this environment, as an image's own Python would print it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from support.docs.repository import ROOT
from tools.release.bill_of_materials import bill

IDENTITY = f"sha256:{'0' * 64}"
KINDS = ("python", "debian")
FEW = {"torch", "soxr", "text-unidecode", "libc6", "bash"}
MADE = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def contents() -> dict[str, Any]:
    """Returns what is installed here, read as inside an image: by a program on standard input."""
    program = (ROOT / "tools" / "images" / "packages.py").read_text()
    done = subprocess.run(
        [sys.executable, "-"],
        input=program,
        env={"NEMO_VOICE_DEMO_MODELS": str(ROOT / "models" / "demo")},
        check=True,
        capture_output=True,
        text=True,
    )
    contents: dict[str, Any] = json.loads(done.stdout)
    # Comparing hundreds of packages with the standard's schema takes many seconds.
    few = {kind: [one for one in contents[kind] if one["name"] in FEW] for kind in KINDS}
    return {**contents, **few}


def text() -> str:
    return bill(contents(), name="nemo-voice-tts", version="1.2.3", identity=IDENTITY, made=MADE)


@cache
def made() -> dict[str, Any]:
    """Returns the bill, parsed."""
    parsed: dict[str, Any] = json.loads(text())
    return parsed


def component(url: str) -> dict[str, Any]:
    [found] = [one for one in made()["components"] if one.get("purl") == url]
    return dict(found)


def test_the_bill_names_the_image() -> None:
    parsed = made()
    image = parsed["metadata"]["component"]
    assert (parsed["bomFormat"], parsed["specVersion"]) == ("CycloneDX", "1.6")
    assert (image["name"], image["version"], image["type"]) == (
        "nemo-voice-tts",
        "1.2.3",
        "container",
    )
    assert parsed["metadata"]["timestamp"] == "2026-01-01T00:00:00+00:00"


def test_packages_are_named_with_version_and_licence() -> None:
    torch, soxr = (f"pkg:pypi/{name}@{version(name)}" for name in ("torch", "soxr"))
    assert "BSD-3-Clause" in component(torch)["licenses"][0]["expression"]
    assert component(soxr)["licenses"] == [{"license": {"id": "LGPL-2.1-or-later"}}]


def test_several_licence_names_are_no_spdx_expression() -> None:
    found = component(f"pkg:pypi/text-unidecode@{version('text-unidecode')}")
    assert found["licenses"][0]["license"]["name"].startswith("Artistic License, GNU")


def test_the_bill_lists_debian_packages() -> None:
    urls = [one["purl"] for one in made()["components"] if "purl" in one]
    assert [url for url in urls if url.startswith("pkg:deb/debian/libc6@")]


def test_the_bill_lists_the_demo_models_with_digests() -> None:
    models = [one for one in made()["components"] if one["type"] == "machine-learning-model"]
    assert {one["name"] for one in models} == {
        "nemo-voice-demo-fastpitch",
        "nemo-voice-demo-hifigan",
        "nemo-voice-demo-fastconformer-tdt",
    }
    assert all(len(one["hashes"][0]["content"]) == 64 for one in models)


def test_every_component_is_a_dependency_of_the_image() -> None:
    parsed = made()
    (root,) = [one for one in parsed["dependencies"] if "dependsOn" in one]
    assert len(root["dependsOn"]) == len(parsed["components"])


def test_the_same_image_gives_the_same_bill() -> None:
    assert text() == text()
