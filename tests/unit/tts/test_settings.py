"""The warm-up texts as settings: what is taken, and what is refused in which words."""

import argparse
import json

import pytest

from nemo_voice_serving.cli.settings_flags import add_settings_flags, settings_from
from nemo_voice_tts.settings import MAX_WARMUP_TEXT_CHARS, MAX_WARMUP_TEXTS, TtsSettings


def settings(*flags: str) -> TtsSettings:
    parser = argparse.ArgumentParser()
    add_settings_flags(parser, TtsSettings)
    return settings_from(parser.parse_args(flags), TtsSettings)


def test_warmup_texts_are_a_json_list_in_a_variable_or_a_flag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert settings().warmup_texts == ()
    monkeypatch.setenv(
        "NEMO_VOICE_WARMUP_TEXTS", '["Good morning.", "It costs \\u00245, no more."]'
    )
    assert settings().warmup_texts == ("Good morning.", "It costs $5, no more.")
    assert settings("--warmup-texts", '["Hello."]').warmup_texts == ("Hello.",)
    monkeypatch.setenv("NEMO_VOICE_WARMUP_TEXTS", "")
    assert settings().warmup_texts == ()


def test_as_many_and_as_long_texts_as_are_allowed_are_taken() -> None:
    texts = ["x" * MAX_WARMUP_TEXT_CHARS] * MAX_WARMUP_TEXTS
    assert settings("--warmup-texts", json.dumps(texts)).warmup_texts == tuple(texts)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("Good morning.", "Invalid JSON"),
        ('"Good morning."', "valid tuple"),
        ("[1]", "valid string"),
        (json.dumps(["Hello."] * (MAX_WARMUP_TEXTS + 1)), "at most 16 texts, not 17"),
        (
            json.dumps(["x" * (MAX_WARMUP_TEXT_CHARS + 1)]),
            "text 1: at most 500 characters, not 501",
        ),
        ('["Hello.", " "]', "text 2: The text is empty."),
        ('["你好，世界"]', "text 1: The text is mostly in"),
        ('["!?"]', "text 1: The text holds no letter or digit"),
    ],
)
def test_what_is_no_list_of_speakable_texts_ends_the_command(given: str, complaint: str) -> None:
    with pytest.raises(SystemExit) as ended:
        settings("--warmup-texts", given)
    assert complaint in str(ended.value)
    assert "NEMO_VOICE_WARMUP_TEXTS" in str(ended.value)


def test_int8_is_no_format_of_a_voice() -> None:
    with pytest.raises(SystemExit) as ended:
        settings("--precision", "int8")
    assert "int8 is for recognisers" in str(ended.value)
