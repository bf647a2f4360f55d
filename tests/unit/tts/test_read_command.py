"""The command `read`: what would be said, and nothing else, on standard output."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nemo_voice_tts.__main__ import main
from support.docs.repository import ROOT


def test_each_phrase_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "Dr Smith is here. See v1.2 now."]) == 0
    assert capsys.readouterr().out == "Doctor Smith is here.\nSee version one point two now.\n"


def test_standard_input_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("The FBI came."))
    assert main(["read", "-"]) == 0
    assert capsys.readouterr().out == "The F B I came.\n"


def test_json_has_the_source_of_each_phrase(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "list"
    own.write_text("tomato  /təmeɪtoʊ/\n")
    assert main(["read", "--json", "--pronunciations", str(own), "A tomato fell."]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "text": "A /təmeɪtoʊ/ fell.",
        "written": "A tomato fell.",
        "start": 0,
        "end": 14,
        "lead_seconds": 0.0,
        "pause_seconds": 0.0,
        "pace": 1.0,
    }


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("es", "Cuesta 25 euros.", "Cuesta veinticinco euros."),
        ("es-MX", "Cuesta 25 euros.", "Cuesta veinticinco euros."),
        ("de", "Am 3. Mai um 14:30 Uhr.", "Am dritten Mai um vierzehn Uhr dreißig."),
    ],
)
def test_text_is_read_in_its_language(
    capsys: pytest.CaptureFixture[str], language: str, text: str, said: str
) -> None:
    assert main(["read", "--language", language, text]) == 0
    assert capsys.readouterr().out == f"{said}\n"


def test_language_of_the_setting_is_that_of_the_texts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_LANGUAGE", "de")
    assert main(["read", "3 Uhr"]) == 0
    assert capsys.readouterr().out == "drei Uhr\n"


def test_language_without_a_reading_is_refused_with_those_there_are() -> None:
    with pytest.raises(SystemExit, match="no texts are read in fr; one of en, de, es"):
        main(["read", "--language", "fr", "25 euros"])


def test_a_text_that_nobody_can_say_ends_with_the_reason() -> None:
    with pytest.raises(SystemExit, match="error: The text holds no letter or digit"):
        main(["read", "?!"])


def test_the_documented_reading_is_what_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    documented = re.search(r"nemo_voice_tts read \"(.*)\"\n(.*)\n", page)
    assert documented is not None
    assert main(["read", documented[1]]) == 0
    assert capsys.readouterr().out == f"{documented[2]}\n"


def test_torch_is_not_imported() -> None:
    program = "import sys; from nemo_voice_tts.__main__ import main; main(['read', 'Hi.']); "
    loaded = subprocess.run(
        [sys.executable, "-c", f"{program}print('torch' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert loaded.stdout == "Hi.\nFalse\n"
