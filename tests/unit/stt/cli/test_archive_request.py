"""The flags of `transcribe … --out`, and what contradicts among them."""

import argparse
from pathlib import Path

import pytest

from nemo_voice_stt.__main__ import PROGRAM, main
from nemo_voice_stt.archive.folder import Ignored
from nemo_voice_stt.archive.options import ArchiveOptions, OutputFormat
from nemo_voice_stt.captions.subtitles import SubtitleRules
from nemo_voice_stt.cli.archive_request import ArchiveRequest, Contradiction, request_of
from support.archives import archive, manifest


def parsed(*arguments: str) -> argparse.Namespace:
    return PROGRAM.parser().parse_args(["transcribe", *arguments])


def request(*arguments: str) -> ArchiveRequest:
    made = request_of(parsed(*arguments))
    assert made is not None
    return made


def test_without_out_it_is_no_archive() -> None:
    assert request_of(parsed("a.wav", "--words")) is None


def test_json_is_what_is_written_if_nothing_is_said() -> None:
    assert request("in", "--out", "out") == ArchiveRequest(
        (Path("in"),), Path("out"), ArchiveOptions()
    )


def test_each_flag_is_an_option() -> None:
    made = request(
        *("in", "--out", "out", "--format", "srt,vtt", "json", "--format", "srt", "--words"),
        *("--language", "es", "--translate-to", "en", "--keywords", "Ada", "--keywords", "Bo,Cy"),
        *("--max-line-chars", "37", "--max-lines", "1", "--keep-suffix", "--language-of-folder"),
    )
    assert made.options == ArchiveOptions(
        formats=(OutputFormat.SRT, OutputFormat.VTT, OutputFormat.JSON),
        language="es",
        translate_to="en",
        keywords=("Ada", "Bo,Cy"),
        with_words=True,
        subtitle_rules=SubtitleRules(max_line_chars=37, max_lines=1),
    )
    assert (made.keep_suffix, made.languages_of_folders) == (True, True)
    assert made.recorded()["format"] == ["json", "srt", "vtt"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["a.wav", "--format", "srt"], "--format needs --out"),
        (["."], "a folder needs --out"),
        (["a.wav", "--language-of-folder"], "--language-of-folder needs --out"),
        (["--out", "out"], "name a folder, a manifest or files"),
        (["--live", "--out", "out"], "--live writes no files"),
    ],
)
def test_a_contradiction_is_named_and_ends_with_status_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["transcribe", *arguments]) == 2
    assert f"transcribe: {told}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "doc"], "'doc' is none of json, srt, vtt, txt"),
        (["--max-lines", "9"], "'9' is not between 1 and 3"),
        (["--max-line-chars", "wide"], "'wide' is not between 16 and 100"),
    ],
)
def test_an_impossible_value_is_named(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed("in", "--out", "out", *arguments)
    assert told in capsys.readouterr().err


def test_a_folder_a_manifest_and_files_are_told_apart(tmp_path: Path) -> None:
    archive(tmp_path, "in/a.wav", "b.dat")
    listed = manifest(tmp_path / "m.jsonl", {"audio_filepath": "c.wav"})
    for inputs, name in (
        ((tmp_path / "in",), "a"),
        ((listed,), "c"),
        ((tmp_path / "b.dat",), "b"),
    ):
        made = ArchiveRequest(inputs, tmp_path / "out", ArchiveOptions())
        assert [getattr(one, "name", None) for one in made.source(Ignored())()] == [name]


def test_a_folder_or_a_manifest_is_named_alone(tmp_path: Path) -> None:
    archive(tmp_path, "in/a.wav", "b.wav")
    for other in (tmp_path / "in", Path("m.json")):
        made = ArchiveRequest((tmp_path / "b.wav", other), tmp_path / "out", ArchiveOptions())
        with pytest.raises(Contradiction, match="name one"):
            made.source(Ignored())


def test_a_manifest_is_not_overwritten_by_its_results(tmp_path: Path) -> None:
    listed = manifest(tmp_path / "transcripts.jsonl", {"audio_filepath": "c.wav"})
    made = ArchiveRequest((listed,), tmp_path / "x" / "..", ArchiveOptions())
    with pytest.raises(Contradiction, match="would be overwritten"):
        made.source(Ignored())


def test_only_a_folder_has_folders_of_languages(tmp_path: Path) -> None:
    archive(tmp_path, "b.wav")
    made = ArchiveRequest(
        (tmp_path / "b.wav",), tmp_path / "out", ArchiveOptions(), languages_of_folders=True
    )
    with pytest.raises(Contradiction, match="--language-of-folder needs a folder"):
        made.source(Ignored())
