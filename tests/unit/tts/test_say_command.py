"""The command `say`, with a fake of a voice: who speaks, and how it ends where it cannot."""

import io
import os
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.FileIO]:
    """Yields the other end of standard input."""
    reading, writing = os.pipe()
    source = io.TextIOWrapper(os.fdopen(reading, "rb"))
    monkeypatch.setattr("sys.stdin", source)
    with source, os.fdopen(writing, "wb", buffering=0) as file:
        yield file


def test_standard_input_is_spoken_while_it_is_written(
    voice: FakeVoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoke = threading.Event()
    spectrograms = voice.spectrograms

    def watched(batch):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        if any("Primero" in "".join(map(chr, one.tokens)) for one in batch):
            spoke.set()
        return spectrograms(batch)

    monkeypatch.setattr(voice, "spectrograms", watched)
    out = tmp_path / "speech.wav"
    with written(monkeypatch) as source:

        def write() -> None:
            source.write(b"Primero digo esto. En se")
            assert spoke.wait(30)
            source.write("gundo lugar, est\N{LATIN SMALL LETTER A WITH ACUTE}.".encode())
            source.close()

        writer = threading.Thread(target=write)
        writer.start()
        assert say("-", out, "--voice", "1") == 0
        writer.join(30)
    said = "".join("".join(map(chr, one.tokens)) for one in voice.phrases)
    assert said.endswith("En segundo lugar, est\N{LATIN SMALL LETTER A WITH ACUTE}.")
    with wave.open(str(out)) as file:
        assert file.getnframes() > 0


@pytest.mark.usefixtures("voice")
@pytest.mark.parametrize(
    ("text", "message"),
    [(b" \n", "error: The text is empty"), (b"<speak>Hola", "error: The SSML is wrong at line 1")],
)
def test_standard_input_that_cannot_be_spoken_is_named_and_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes, message: str
) -> None:
    out = tmp_path / "speech.wav"
    with written(monkeypatch) as source:
        source.write(text)
        source.close()
        with pytest.raises(SystemExit) as ended:
            say("-", out, "--voice", "1")
    assert str(ended.value).startswith(message)
    assert not out.exists()


@pytest.mark.usefixtures("voice")
@pytest.mark.parametrize(("more", "begins"), [((), b"RIFF"), (("--raw",), b"\0\0")])
def test_standard_output_has_nothing_but_the_speech(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, more: tuple[str, ...], begins: bytes
) -> None:
    with (tmp_path / "out").open("w+b") as target:
        kept = os.dup(1)
        os.dup2(target.fileno(), 1)
        try:
            assert say("Hola.", Path("-"), "--voice", "1", *more) == 0
        finally:
            os.dup2(kept, 1)
            os.close(kept)
        target.seek(0)
        audio = target.read()
    assert audio.startswith(begins)
    assert len(audio) == (0 if more else 44) + 2 * 5 * 4 * 256
