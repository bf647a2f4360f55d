"""`transcribe … --out`: whole runs over a fake recogniser, and what they leave behind."""

import json
import os
import re
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from typing_extensions import override

from nemo_voice_serving.errors import BackendFailed, DeviceLost
from nemo_voice_stt.cli.archive import ArchiveService
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Abilities, Clip, Recognition
from support.archives import (
    archive,
    files_of_at_most,
    lines_of,
    manifest,
    outputs_in,
    run,
    starting,
)
from support.http.transcribing import clip
from support.models.fakes import FakeRecogniser

HEARD = "good morning how are you today"
TRANSLATING = Abilities(
    told_languages=("en", "de", "es"),
    default_language="de",
    translations=(("en", "de"), ("de", "en"), ("es", "en")),
)


def test_a_folder_becomes_a_folder_of_the_same_layout(tmp_path: Path) -> None:
    inputs = archive(tmp_path / "in", "a.wav", "calls/b.wav", "calls/old/c.WAV")
    (inputs / "notes.txt").write_text("no recording")
    out = tmp_path / "out"
    assert run([inputs, "--out", out, "--format", "json", "txt"]) == 0
    assert outputs_in(out) == {
        *("a.json", "a.txt", "calls/b.json", "calls/b.txt"),
        *("calls/old/c.json", "calls/old/c.txt"),
    }
    assert (out / "calls/b.txt").read_text() == f"{HEARD}\n"
    assert json.loads((out / "a.json").read_text())["duration"] == 0.5
    assert (out / "failed.jsonl").read_text() == ""


def test_the_manifest_of_results_has_every_recording_with_its_text(tmp_path: Path) -> None:
    inputs = archive(tmp_path / "in", "b.wav", "a.wav")
    assert run([inputs, "--out", tmp_path / "out", "--words"]) == 0
    first, second = lines_of(tmp_path / "out" / "transcripts.jsonl")
    assert first["audio_filepath"] == str(inputs / "a.wav")
    assert second["audio_filepath"] == str(inputs / "b.wav")
    assert (first["duration"], first["pred_text"]) == (0.5, HEARD)
    assert first["words"][0] == {"word": "good", "start": 0.0, "end": 0.042, "confidence": 0.9}


def test_what_is_there_is_not_transcribed_again(tmp_path: Path) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav", "b.wav"), tmp_path / "out"
    assert run([inputs, "--out", out]) == 0
    (out / "a.json").unlink()
    before = (out / "b.json").stat().st_mtime_ns
    again = FakeRecogniser()
    assert run([inputs, "--out", out], again) == 0
    assert sum(map(len, again.batches)) == 2  # the self-test, and the one
    assert (out / "b.json").stat().st_mtime_ns == before
    assert len(lines_of(out / "transcripts.jsonl")) == 2


def test_no_model_is_loaded_when_nothing_is_left_to_do(tmp_path: Path) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav"), tmp_path / "out"
    assert run([inputs, "--out", out]) == 0

    def never(_settings: object) -> object:
        pytest.fail("a model is loaded")

    assert run([inputs, "--out", out], start=never) == 0  # type: ignore[arg-type]


def test_another_number_format_is_not_mixed_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav"), tmp_path / "out"
    assert run([inputs, "--out", out]) == 0
    archive(inputs, "b.wav")
    assert run([inputs, "--out", out], settings={"precision": "bfloat16"}) == 2
    assert "precision" in capsys.readouterr().err


def test_a_bad_file_is_one_line_in_failed_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = archive(tmp_path / "in", "good.wav", "long.wav"), tmp_path / "out"
    (inputs / "long.wav").write_bytes(clip(12.0))
    (inputs / "empty.mp3").touch()
    (inputs / "text.wav").write_text("This is no sound.")
    (inputs / "gone.wav").symlink_to(inputs / "nowhere.wav")
    assert run([inputs, "--out", out], settings={"max_audio_s": 10}) == 1
    assert outputs_in(out) == {"good.json"}
    failed = {
        Path(row["audio_filepath"]).name: row["error"] for row in lines_of(out / "failed.jsonl")
    }
    assert {name: error["code"] for name, error in failed.items()} == {
        "long.wav": "payload_too_large",
        "empty.mp3": "unsupported_audio",
        "text.wav": "unsupported_audio",
    }
    assert failed["empty.mp3"]["message"].startswith("The file is empty.")
    assert set(failed["long.wav"]) == {"message", "type", "param", "code"}
    assert "3 failed" in capsys.readouterr().err
    (inputs / "empty.mp3").write_bytes(clip())
    assert run([inputs, "--out", out], settings={"max_audio_s": 20}) == 1
    assert outputs_in(out) == {"good.json", "empty.json", "long.json"}
    assert len(lines_of(out / "failed.jsonl")) == 1


@pytest.mark.parametrize(
    "name", ["two\nlines.wav", "🎧 café.wav", b"caf\xe9.wav", "-n.wav", "a" * 246 + ".wav"]
)
def test_a_file_of_any_name_has_its_outputs(tmp_path: Path, name: str | bytes) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    archive(inputs, os.fsdecode(name))
    assert run([inputs, "--out", out, "--format", "json"]) == 0
    stem = os.fsdecode(name).removesuffix(".wav")
    assert outputs_in(out) == {f"{stem}.json"}
    (row,) = lines_of(out / "transcripts.jsonl")
    assert Path(row["audio_filepath"]) == inputs / os.fsdecode(name)


def test_a_name_too_long_for_its_output_fails_alone(tmp_path: Path) -> None:
    inputs, out = archive(tmp_path / "in", "b" * 251 + ".wav", "a.wav"), tmp_path / "out"
    assert run([inputs, "--out", out]) == 1
    (row,) = lines_of(out / "failed.jsonl")
    assert "File name too long" in row["error"]["message"]
    assert outputs_in(out) == {"a.json"}


def test_two_recordings_with_one_output_are_refused_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav", "a.mp3", "b.wav"), tmp_path / "out"
    assert run([inputs, "--out", out]) == 2
    told = capsys.readouterr().err
    assert "a.mp3 and" in told
    assert "--keep-suffix" in told
    assert outputs_in(out) == set()
    assert run([inputs, "--out", out, "--keep-suffix"]) == 0
    assert outputs_in(out) == {"a.wav.json", "a.mp3.json", "b.wav.json"}


def test_outputs_of_another_model_or_other_options_are_not_mixed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav", "b.wav"), tmp_path / "out"
    assert run([inputs, "--out", out]) == 0
    (out / "b.json").unlink()
    assert run([inputs, "--out", out, "--words", "--format", "json", "srt"]) == 2
    told = capsys.readouterr().err
    assert 'format was ["json"], and is ["json", "srt"] now' in told
    assert "words was false, and is true now" in told
    other = FakeRecogniser()
    other.description = other.description.__class__(
        *("demo", "r2", "FakeModel", 1, 16_000, "cpu", "float32")
    )
    assert run([inputs, "--out", out], other) == 2
    assert 'revision was "r1", and is "r2" now' in capsys.readouterr().err
    assert outputs_in(out) == {"a.json"}


def test_files_of_others_are_not_taken_for_outputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = archive(tmp_path / "in", "a.wav", "b.wav")
    (inputs / "b.txt").write_text("my notes")
    assert run([inputs, "--out", inputs, "--format", "txt"]) == 2
    assert "files are there that it would take for its own: b.txt" in capsys.readouterr().err
    assert (inputs / "b.txt").read_text() == "my notes"
    assert run([inputs, "--out", inputs, "--format", "srt"]) == 0
    assert (inputs / "a.srt").exists()


def test_a_manifest_says_language_keywords_and_parts_of_files(tmp_path: Path) -> None:
    archive(tmp_path / "data", "long.wav", seconds=4.0)
    archive(tmp_path / "data", "b.wav")
    listed = manifest(
        tmp_path / "data" / "all.json",
        {"audio_filepath": "long.wav", "offset": 1.0, "duration": 0.5, "lang": "es", "id": 7},
        {"audio_filepath": "long.wav", "offset": 2.0, "duration": 1.0, "keywords": ["Ada"]},
        {"audio_filepath": "b.wav", "duration": 0.5, "text": "what was said"},
    )
    recogniser = FakeRecogniser(abilities=TRANSLATING, languages=("en", "de", "es"))
    out = tmp_path / "out"
    assert run([listed, "--out", out, "--keywords", "Bo"], recogniser) == 0
    assert outputs_in(out) == {"long@1.000-1.500.json", "long@2.000-3.000.json", "b.json"}
    rows = lines_of(out / "transcripts.jsonl")
    assert [row["duration"] for row in rows] == [0.5, 1.0, 0.5]
    assert (rows[0]["id"], rows[0]["offset"], rows[2]["text"]) == (7, 1.0, "what was said")
    assert {row["audio_filepath"] for row in rows} == {
        str(tmp_path / "data" / "long.wav"),
        str(tmp_path / "data" / "b.wav"),
    }
    assert ("es", None) in recogniser.told
    assert ("Bo", "Ada") in recogniser.hotwords


def test_lines_that_name_no_recording_are_in_failed_with_their_numbers(tmp_path: Path) -> None:
    archive(tmp_path, "a.wav")
    listed = tmp_path / "all.jsonl"
    listed.write_text('{"audio_filepath": "a.wav"}\n\n{"audio_filepath": "a.wav"\n[]\n{"x": 1}\n')
    assert run([listed, "--out", tmp_path / "out"]) == 1
    rows = lines_of(tmp_path / "out" / "failed.jsonl")
    assert [row["line"] for row in rows] == [3, 4, 5]
    assert {row["error"]["code"] for row in rows} == {"invalid_request"}
    assert outputs_in(tmp_path / "out") == {"a.json"}


def test_a_recording_that_is_named_twice_is_transcribed_once(tmp_path: Path) -> None:
    archive(tmp_path, "a.wav")
    row = {"audio_filepath": "a.wav", "duration": 0.5}
    recogniser = FakeRecogniser()
    assert (
        run([manifest(tmp_path / "m.json", row, row, row), "--out", tmp_path / "out"], recogniser)
        == 0
    )
    assert sum(len(batch) for batch in recogniser.batches) == 2  # the self-test, and it
    assert len(lines_of(tmp_path / "out" / "transcripts.jsonl")) == 1


def test_the_language_may_be_that_of_the_folder(tmp_path: Path) -> None:
    inputs = archive(tmp_path / "in", "es/a.wav", "english/b.wav", "c.wav")
    recogniser = FakeRecogniser(abilities=TRANSLATING, languages=("en", "de", "es"))
    out = tmp_path / "out"
    assert run([inputs, "--out", out, "--language-of-folder"], recogniser) == 0
    assert sorted(str(told) for told, _ in recogniser.told[1:]) == ["de", "en", "es"]


def test_translations_are_written_in_the_other_language(tmp_path: Path) -> None:
    inputs = archive(tmp_path / "in", "a.wav")
    recogniser = FakeRecogniser(abilities=TRANSLATING, languages=("en", "de", "es"))
    wanted = ["--language", "es", "--translate-to", "en"]
    assert run([inputs, "--out", tmp_path / "out", *wanted], recogniser) == 0
    assert recogniser.told[-1] == ("es", "en")
    written = json.loads((tmp_path / "out" / "a.json").read_text())
    assert (written["task"], written["language"]) == ("translate", "english")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--language", "xx"], "--language: the model does not understand 'xx'"),
        (["--translate-to", "en"], "--translate-to: the model transcribes and does not translate"),
        (["--format", "srt"], "--format srt: the model gives no times of words"),
        (["--words"], "--words: the model gives no times of words"),
        (["--keywords", "Ada"], "--keywords: the model cannot prefer words"),
    ],
)
def test_what_the_model_cannot_do_is_refused_before_anything_runs(
    tmp_path: Path, flags: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = archive(tmp_path / "in", "a.wav")
    poor = FakeRecogniser(abilities=Abilities(word_times=False, hotwords=False))
    assert run([inputs, "--out", tmp_path / "out", *flags], poor) == 2
    assert told in capsys.readouterr().err
    assert outputs_in(tmp_path / "out") == set()


class Failing(FakeRecogniser):
    """Fails batches by the number of samples of a clip in them."""

    def __init__(self, samples: int, error: Exception) -> None:
        super().__init__()
        self._samples, self._raised = samples, error

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        if any(len(clip.samples) == self._samples for clip in batch):
            raise self._raised
        return super().recognise(batch)


def test_a_batch_that_fails_fails_its_files_alone(tmp_path: Path) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav", "b.wav"), tmp_path / "out"
    archive(inputs, "c.wav", seconds=7.0)
    assert run([inputs, "--out", out], Failing(112_000, BackendFailed("It raised."))) == 1
    assert outputs_in(out) == {"a.json", "b.json"}
    assert [row["error"]["code"] for row in lines_of(out / "failed.jsonl")] == ["backend_failed"]


def test_a_lost_device_ends_the_run_and_blames_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav", "b.wav"), tmp_path / "out"
    assert run([inputs, "--out", out], Failing(8_000, DeviceLost("The GPU is lost."))) == 1
    assert "The GPU is lost. The same command goes on" in capsys.readouterr().err
    assert lines_of(out / "failed.jsonl") == []


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav"), tmp_path / "out"
    statuses: list[int] = []

    class Second(FakeRecogniser):
        @override
        def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
            if not statuses:
                statuses.append(run([inputs, "--out", out]))
            return super().recognise(batch)

    assert run([inputs, "--out", out], Second()) == 0
    assert statuses == [2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_what_is_written_whole(
    tmp_path: Path, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = archive(tmp_path / "in", *(f"{i}.wav" for i in range(200))), tmp_path / "out"

    class Signalled(FakeRecogniser):
        @override
        def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
            if len(self.batches) == 3:
                signal.pthread_kill(threading.main_thread().ident or 0, number)
            return super().recognise(batch)

    assert run([inputs, "--out", out], Signalled()) == 128 + number
    assert "the same command goes on with what is not done" in capsys.readouterr().err
    done = outputs_in(out)
    assert 0 < len(done) < 200
    for name in done:
        assert re.fullmatch(r"\d+\.json", name)
        assert json.loads((out / name).read_bytes())["text"] == HEARD
    assert run([inputs, "--out", out]) == 0
    assert len(outputs_in(out)) == 200


def test_files_are_named_by_their_names_alone(tmp_path: Path) -> None:
    inputs = archive(tmp_path / "in", "one/a.wav", "two/b.dat")
    named = [inputs / "one/a.wav", inputs / "two/b.dat", inputs / "two/gone.wav"]
    assert run([*named, "--out", tmp_path / "out"]) == 1
    assert outputs_in(tmp_path / "out") == {"a.json", "b.json"}
    (row,) = lines_of(tmp_path / "out" / "failed.jsonl")
    assert row["error"]["code"] == "unreadable_file"
    assert "No such file" in row["error"]["message"]


def test_a_folder_without_recordings_is_done_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").touch()
    assert run([tmp_path, "--out", tmp_path / "out"]) == 0
    told = capsys.readouterr().err
    assert "0 files; ignored: 1 .txt" in told
    assert "no recording is there" in told


def test_a_disk_that_is_full_is_the_reason_why_a_run_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, out = archive(tmp_path / "in", "a.wav"), tmp_path / "out"
    with files_of_at_most(100):
        assert run([inputs, "--out", out]) == 1
    told = capsys.readouterr().err
    assert re.search(r"nemo-voice-run\.json cannot be written: .*the same command goes on", told)
    assert list(out.iterdir()) == []
    assert run([inputs, "--out", out]) == 0


def test_ctrl_c_before_anything_runs_ends_with_130(tmp_path: Path) -> None:
    def interrupted(_settings: SttSettings) -> ArchiveService:
        raise KeyboardInterrupt

    inputs = archive(tmp_path / "in", "a.wav")
    before = signal.getsignal(
        signal.SIGINT
    )  # ignored where a shell began the tests in the background
    assert run([inputs, "--out", tmp_path / "out"], start=interrupted) == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_a_manifest_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([tmp_path / "gone.json", "--out", tmp_path / "out"]) == 1
    assert "gone.json: No such file or directory" in capsys.readouterr().err


def test_nobody_waits_so_nothing_is_refused_or_too_late(tmp_path: Path) -> None:
    seen: list[SttSettings] = []

    def start(settings: SttSettings) -> ArchiveService:
        seen.append(settings)
        return starting()(settings)

    inputs = archive(tmp_path / "in", *(f"{number}.wav" for number in range(20)), seconds=2.0)
    out = tmp_path / "out"
    short = {"max_queue_audio_s": 3.0, "request_timeout_s": 0.1}
    assert run([inputs, "--out", out], start=start, settings=short) == 0
    assert seen[0].request_timeout_s == 86_400
