"""What is found in a folder, and what is left out of it."""

import os
from pathlib import Path

import pytest

from nemo_voice_stt.archive.folder import Ignored, recordings_in, recordings_of
from support.archives import archive


def found(folder: Path, ignored: Ignored | None = None) -> list[str]:
    return [one.name for one in recordings_in(folder, ignored or Ignored())]


def test_files_come_in_the_order_of_their_names_and_before_folders(tmp_path: Path) -> None:
    archive(tmp_path, "b.wav", "a.mp3", "d/a.wav", "c/z.flac", "c/e/y.mkv")
    assert found(tmp_path) == ["a", "b", "c/z", "c/e/y", "d/a"]


def test_what_is_no_recording_is_counted(tmp_path: Path) -> None:
    archive(tmp_path, "a.wav", ".hidden.wav", ".git/b.wav", "c.txt", "d.TXT", "README")
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "broken.wav").symlink_to("nowhere")
    ignored = Ignored()
    assert found(tmp_path, ignored) == ["a"]
    assert ignored.files == {
        ".txt": 2,
        "hidden": 2,
        "without a suffix": 1,
        "no regular files": 1,
        "broken links": 1,
    }
    assert str(ignored).startswith("2 ")


def test_the_rest_of_a_long_list_is_summed(tmp_path: Path) -> None:
    archive(tmp_path, *(f"a.x{number}" for number in range(8)))
    ignored = Ignored()
    assert found(tmp_path, ignored) == []
    assert str(ignored).endswith(", 3 others")


def test_links_to_files_count_and_links_to_folders_do_not(tmp_path: Path) -> None:
    archive(tmp_path, "elsewhere/x.wav")
    inputs = archive(tmp_path / "in", "a.wav")
    (inputs / "b.wav").symlink_to(tmp_path / "elsewhere" / "x.wav")
    (inputs / "loop").symlink_to(inputs)
    ignored = Ignored()
    assert found(inputs, ignored) == ["a", "b"]
    assert ignored.files == {"links to folders": 1}


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        found(tmp_path / "nothing")


def test_a_recording_knows_its_size_and_the_language_of_its_folder(tmp_path: Path) -> None:
    archive(tmp_path, "de/calls/a.wav", "es-MX/b.wav", "deutsch/c.wav")
    listed = recordings_in(tmp_path, Ignored(), languages_of_folders=True, keep_suffix=True)
    assert {one.name: one.language for one in listed} == {
        "de/calls/a.wav": "de",
        "es-MX/b.wav": "es-MX",
        "deutsch/c.wav": None,
    }


def test_named_files_need_no_known_suffix(tmp_path: Path) -> None:
    archive(tmp_path, "x/a.dat")
    (one, gone) = recordings_of([tmp_path / "x/a.dat", tmp_path / "gone"])
    assert (one.name, one.size_bytes) == ("a", (tmp_path / "x/a.dat").stat().st_size)
    assert (gone.name, gone.size_bytes) == ("gone", 0)
