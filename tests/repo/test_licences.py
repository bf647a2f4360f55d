"""Licences as packages state them, and the page on those that need attention."""

import re
from pathlib import Path

import pytest

from support.docs.repository import text_of
from tools.generated.licences import OPERATOR, SERVICES, licences, pinned
from tools.release.licences import NOT_STATED, Stated, is_permissive, licence_of

STATED = {
    "an expression": (Stated("MIT AND Zlib", "whatever", ["BSD License"]), "MIT AND Zlib"),
    "a name": (Stated("", "Apache License, Version 2.0", []), "Apache-2.0"),
    "a name beside its classifier": (Stated("", "BSD-3-Clause", ["BSD License"]), "BSD-3-Clause"),
    "a text": (Stated("", "Copyright (c) 2013\n\nRedistribution …", ["BSD License"]), "BSD"),
    "the beginning of a text": (Stated("", "Copyright (c) 2013", ["BSD License"]), "BSD"),
    "a classifier alone": (Stated("", "", ["OSI Approved", "MIT License"]), "MIT"),
    "two classifiers": (Stated("", "", ["Apache Software License", "BSD License"]), None),
    "nothing": (Stated(), NOT_STATED),
}
PERMISSIVE = ["MIT", "Apache-2.0 WITH LLVM-exception", "(MIT OR Apache-2.0) AND Zlib", "MIT, BSD"]
NOT_PERMISSIVE = ["LGPL-2.1-or-later", "MIT AND MPL-2.0", NOT_STATED, "MIT, Artistic License"]


@pytest.mark.parametrize(("stated", "licence"), STATED.values(), ids=STATED)
def test_a_licence_is_read_from_the_packages_metadata(stated: Stated, licence: str | None) -> None:
    assert licence_of(stated) == (licence or "Apache-2.0, BSD")


@pytest.mark.parametrize("licence", PERMISSIVE)
def test_a_permissive_licence_needs_no_attention(licence: str) -> None:
    assert is_permissive(licence)


@pytest.mark.parametrize("licence", NOT_PERMISSIVE)
def test_any_other_licence_needs_attention(licence: str) -> None:
    assert not is_permissive(licence)


@pytest.mark.parametrize("pins", [SERVICES, OPERATOR])
def test_every_package_that_needs_attention_is_on_the_page(pins: str) -> None:
    page = text_of(Path("docs/licences.md"))
    section = page.partition("## What wants attention")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w-]+)`", section))
    wanting = {
        name
        for licence, names in licences(pins).items()
        if not is_permissive(licence)
        for name in names
    }
    assert wanting
    assert wanting - named == set()


@pytest.mark.parametrize("pins", [SERVICES, OPERATOR])
def test_every_pinned_package_is_in_the_list_once(pins: str) -> None:
    listed = [name for names in licences(pins).values() for name in names]
    assert sorted(listed) == sorted(pinned(pins))


def test_the_strictest_licence_is_still_that_of_the_package_on_the_page() -> None:
    import av  # noqa: PLC0415 as heavy as FFmpeg

    libraries = {
        one.name.partition("-")[0] for one in Path(av.__file__).parents[1].glob("av.libs/*")
    }
    assert {"libx264", "libx265", "libavcodec", "libgnutls"} <= libraries
