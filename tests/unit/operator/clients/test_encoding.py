"""Bodies of requests: JSON and YAML at once, whatever characters they have."""

import json
import sys

import pytest
import yaml

from nemo_voice_operator.clients.encoding import encoded

PLAIN = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10000))))
BEYOND = "\U0001f600\U00010000\U0001fffe\U0010ffff"


@pytest.mark.parametrize("parse", [json.loads, yaml.safe_load])
def test_every_character_is_the_same_to_parsers_of_json_and_of_yaml(parse: object) -> None:
    assert callable(parse)
    body = {"text": PLAIN + BEYOND, BEYOND: [PLAIN[:0x100]]}
    assert parse(encoded(body).decode()) == body


def test_characters_beyond_the_basic_plane_are_sent_as_they_are() -> None:
    assert encoded("\U0001f600") == b'"\xf0\x9f\x98\x80"', "YAML knows no pairs of escapes"


@pytest.mark.parametrize("character", ["\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\uffff"])
def test_characters_that_yaml_refuses_or_folds_are_escaped(character: str) -> None:
    assert encoded(character) == f'"\\u{ord(character):04x}"'.encode()


def test_written_escapes_stay_text() -> None:
    text = "\\ud83d\\ude00 \\u0024"
    assert json.loads(encoded(text)) == text


def test_half_a_character_becomes_the_replacement_character() -> None:
    assert json.loads(encoded("a\ud83db\ude00 \ude00\ud83d")) == "a\ufffdb\ufffd \ufffd\ufffd"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -sys.float_info.max * 2])
def test_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encoded({"seconds": number})
