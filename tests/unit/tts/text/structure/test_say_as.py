"""Kinds of text that SSML names."""

import pytest

from nemo_voice_tts.text.structure.say_as import rewritten


@pytest.mark.parametrize(
    ("kind", "form", "text", "words"),
    [
        ("characters", "", "abc 1-2", "ay B C, one dash two"),
        ("spell-out", "", "é@x", "E at X"),
        ("digits", "", "123-45", "one two three, four five"),
        ("digits", "", "٣", "three"),
        ("cardinal", "", "1985", "one thousand nine hundred eighty five"),
        (
            "cardinal",
            "",
            "-12,345.6",
            "minus twelve thousand three hundred forty five point six",
        ),
        ("cardinal", "", "XIV", "fourteen"),
        ("cardinal", "", "1" * 20, " ".join(["one"] * 20)),
        ("cardinal", "", "many", None),
        ("ordinal", "", "21st", "twenty first"),
        ("ordinal", "", "viii", "eighth"),
        ("ordinal", "", "last", None),
        ("telephone", "", "+1 (80) 5 x12", "plus one, eight zero, five, extension one two"),
        ("telephone", "", "1-800-FLOWERS", "one, eight zero zero, FLOWERS"),
        ("fraction", "", "3/4", "three quarters"),
        ("fraction", "", "1 1/2", "one and one half"),
        ("fraction", "", "2/9", "two ninths"),
        ("fraction", "", "5/2", "five halves"),
        ("fraction", "", "5/0", None),
        ("time", "", "1'21\"", "one minute twenty one seconds"),
        ("time", "hms12", "2:30pm", None),
        ("time", "", "", None),
        ("date", "dmy", "10/9/1960", "September tenth, nineteen sixty"),
        ("date", "mdy", "9-10-05", "September tenth, oh five"),
        ("date", "dmy", "5 Mar 2024", "March fifth, twenty twenty four"),
        ("date", "", "20240305", "March fifth, twenty twenty four"),
        ("date", "yyyymmdd", "????0922", "September twenty second"),
        ("date", "my", "3/2005", "March two thousand five"),
        ("date", "d", "5", "fifth"),
        ("date", "mdy", "13/13/2024", None),
        ("date", "mdy", "1/32/2024", None),
        ("date", "mdy", "tomorrow", None),
        ("date", "", "3/5/2024", None),
        ("expletive", "", "darn", "bleep"),
        ("currency", "", "$5", None),
        ("unit", "", "5 ft", None),
        ("", "", "x", None),
    ],
)
def test_a_text_is_said_as_its_kind(kind: str, form: str, text: str, words: str | None) -> None:
    assert rewritten(text, kind, form) == words
