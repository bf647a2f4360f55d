"""Where markup has begun and not ended."""

import pytest

from nemo_voice_tts.live_text.open_markup import OpenMarkup


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("plain text. ", False),
        ("a **bold claim. ", True),
        ("a **bold claim.** ", False),
        ("2*3 is 6. * item. ", False),
        ("some `code. ", True),
        ("some `code.` ", False),
        ("```\ncode. ", False),
        ("[a link. ", True),
        ("[a link. It](https://example.com/a.b ", True),
        ("[a link. It](https://example.com/a.b) is. ", False),
        ("a <b title='x. ", True),
        ("a <b>bold</b> text. ", False),
        ("an **open one.\n\nAnother paragraph. ", False),
        ("~~gone. ", True),
    ],
)
def test_markup_is_open_until_its_end_or_that_of_the_paragraph(text: str, is_open: bool) -> None:
    assert OpenMarkup(text).is_open_at(len(text)) is is_open


def test_places_are_told_apart() -> None:
    text = "One **two. Three** four. Five."
    markup = OpenMarkup(text)
    found = [markup.is_open_at(text.index(one)) for one in ("One", "Three", "four", "Five")]
    assert found == [False, True, False, False]
