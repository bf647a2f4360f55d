"""Every example of the tables is read as its row says."""

from pathlib import Path

import pytest

from support.reading import Example, examples, said

TABLES = Path(__file__).parent


def _rows(language: str) -> list[Example]:
    return list(examples(TABLES / f"{language}.tsv"))


@pytest.mark.parametrize("example", _rows("en"), ids=lambda one: f"{one.kind}-{one.written}"[:60])
def test_english_text_is_read_as_a_person_would(example: Example) -> None:
    heard = said(example.written, example.text_format)
    assert example.is_right(heard), f"{example.written!r} is read {heard!r}"


@pytest.mark.parametrize("example", _rows("es"), ids=lambda one: f"{one.kind}-{one.written}"[:60])
def test_spanish_text_is_read_as_a_person_would(example: Example) -> None:
    heard = said(example.written, example.text_format, language="es")
    assert example.is_right(heard), f"{example.written!r} is read {heard!r}"


@pytest.mark.parametrize("example", _rows("de"), ids=lambda one: f"{one.kind}-{one.written}"[:60])
def test_german_text_is_read_as_a_person_would(example: Example) -> None:
    heard = said(example.written, example.text_format, language="de")
    assert example.is_right(heard), f"{example.written!r} is read {heard!r}"
