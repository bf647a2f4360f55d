"""The command `say`, with a fake of a voice: who speaks, and how it ends where it cannot."""

import wave
from dataclasses import replace
from pathlib import Path

import pytest

from nemo_voice_tts import __main__ as program
from support.models.fakes import FakeVoice


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> FakeVoice:
    """The voice that `say` loads: Spanish, so that no grammars have to be compiled."""
    made = FakeVoice(speakers=3)
    made.description = replace(made.description, languages=("es",))
    monkeypatch.setattr(program, "fetch_voice", lambda _settings, _progress: lambda: made)
    return made


def say(text: str, out: Path, *more: str) -> int:
    return program.main(["say", text, "--out", str(out), *more])


def test_named_voice_speaks_into_the_file(
    voice: FakeVoice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "speech.wav"
    assert say("Son las 8.", out, "--voice", "2") == 0
    assert {phrase.speaker for phrase in voice.phrases[-1:]} == {2}
    with wave.open(str(out)) as file:
        assert file.getframerate() == voice.description.sample_rate_hz
        seconds = file.getnframes() / file.getframerate()
    assert f"{out}: {seconds:.2f} s of speech" in capsys.readouterr().out


@pytest.mark.usefixtures("voice")
@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("", ("--voice", "1"), "error: The text is empty."),
        ("<speak>Hola", ("--voice", "1"), "error: The SSML is wrong at line 1"),
        ("Hola", ("--voice", "nadie"), "error: There is no such voice. The voices are: 0, 1, 2."),
        ("Hola", (), "error: The model has several voices and none is the default"),
    ],
)
def test_text_or_voice_that_cannot_be_is_named_and_no_file_is_left(
    tmp_path: Path, text: str, more: tuple[str, ...], message: str
) -> None:
    out = tmp_path / "speech.wav"
    with pytest.raises(SystemExit) as ended:
        say(text, out, *more)
    assert str(ended.value).startswith(message)
    assert not out.exists()


@pytest.mark.usefixtures("voice")
def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    out = tmp_path / "missing" / "speech.wav"
    with pytest.raises(SystemExit) as ended:
        say("Hola", out, "--voice", "1")
    assert str(ended.value) == f"error: {out} cannot be written: No such file or directory"
