"""Files that are there whole or not at all."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.archive.errors import ArchiveRefused, SinkFailed
from nemo_voice_stt.archive.sink import FolderSink
from support.archives import files_of_at_most


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[FolderSink]:
    """A sink in a folder of its own."""
    made = FolderSink(tmp_path / "out")
    with made.open():
        yield made


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file())


def test_what_is_written_is_there_and_can_be_read(sink: FolderSink, tmp_path: Path) -> None:
    assert not sink.has("calls/a.json")
    sink.write("calls/a.json", b"one")
    sink.write("calls/a.json", b"two")
    assert sink.has("calls/a.json")
    assert (sink.read("calls/a.json"), sink.read("b.json")) == (b"two", None)
    assert names(tmp_path) == ["a.json"]


def test_what_can_have_no_file_is_not_there(sink: FolderSink) -> None:
    sink.write("a.json/b.json", b"")
    for name in ("x" * 300, "a.json", "a.json/b.json/c.json"):
        assert not sink.has(name)
        assert sink.read(name) is None


def test_a_full_disk_leaves_what_was_there(sink: FolderSink, tmp_path: Path) -> None:
    sink.write("a.json", b"before")
    with files_of_at_most(100), pytest.raises(SinkFailed, match=r"a\.json cannot be written: "):
        sink.write("a.json", b"x" * 200)
    assert sink.read("a.json") == b"before"
    assert names(tmp_path) == ["a.json"]


def test_lines_are_there_at_once_and_never_half(sink: FolderSink, tmp_path: Path) -> None:
    with sink.growing("failed.jsonl") as write:
        write(b"x" * 59 + b"\n")
        assert (tmp_path / "out/failed.jsonl").stat().st_size == 60
        with files_of_at_most(100), pytest.raises(SinkFailed):
            write(b"y" * 59 + b"\n")
        assert (tmp_path / "out/failed.jsonl").stat().st_size == 60
        write(b"z\n")
    assert sink.read("failed.jsonl") == b"x" * 59 + b"\nz\n"


def test_replaced_lines_are_there_only_when_all_are(sink: FolderSink, tmp_path: Path) -> None:
    def broken() -> None:
        with sink.replaced("t.jsonl") as write:
            write(b"one\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert names(tmp_path) == []
    with sink.replaced("t.jsonl") as write:
        write(b"one\n")
        write(b"two\n")
    assert sink.read("t.jsonl") == b"one\ntwo\n"


@pytest.mark.parametrize("name", ["n" * 300 + ".json", "file.json/a.json", "folder"])
def test_a_name_that_no_output_can_have_is_no_fault_of_the_disk(
    sink: FolderSink, name: str
) -> None:
    sink.write("file.json", b"")
    sink.write("folder/a.json", b"")
    with pytest.raises(InvalidRequest, match=r"The output .* cannot be written: "):
        sink.write(name, b"data")


def test_what_a_killed_run_left_is_removed_where_this_one_writes(tmp_path: Path) -> None:
    (tmp_path / "out" / "calls").mkdir(parents=True)
    (tmp_path / "out" / "calls" / ".nemo-voice-0badcafe-17").write_bytes(b"half")
    sink = FolderSink(tmp_path / "out")
    with sink.open():
        sink.write("calls/a.json", b"")
    assert names(tmp_path) == ["a.json"]


def test_a_second_run_is_refused_until_the_first_is_over(tmp_path: Path) -> None:
    first, second = FolderSink(tmp_path / "out"), FolderSink(tmp_path / "out")
    with first.open(), pytest.raises(ArchiveRefused, match="another run"), second.open():
        pass
    with second.open():
        second.write("a.json", b"")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with (
        pytest.raises(ArchiveRefused, match=r"--out .* cannot be written to"),
        FolderSink(tmp_path / "out").open(),
    ):
        pass


def test_threads_do_not_disturb_each_other(sink: FolderSink, tmp_path: Path) -> None:
    def write(place: int) -> None:
        for number in range(50):
            sink.write(f"{place % 2}/{place}-{number}.json", json.dumps(place).encode())

    threads = [threading.Thread(target=write, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(tmp_path)) == 400


WRITE_FOR_EVER = """
import itertools, pathlib, sys
from nemo_voice_stt.archive.sink import FolderSink
sink = FolderSink(pathlib.Path(sys.argv[1]))
with sink.open():
    for number in itertools.count():
        sink.write(f"{number % 7}.json", b"x" * 100_000)
        print(number, flush=True)
"""


def test_a_process_that_is_killed_leaves_whole_files(tmp_path: Path) -> None:
    for _ in range(3):
        command = [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path / "out")]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"0\n"
            process.kill()
        sizes = [path.stat().st_size for path in (tmp_path / "out").glob("*.json")]
        assert sizes
        assert set(sizes) == {100_000}
