"""Where the machine code of the search comes from, and what happens where there is none."""

import errno
from pathlib import Path

import pytest

from nemo_voice_stt.backends.transducer_ctc.native_library import NoLibrary, compile_beside, load


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small source in a folder of its own."""
    path = tmp_path / "package" / "answer.c"
    path.parent.mkdir()
    path.write_text("int answer(void) { return 42; }\n")
    return path


def test_it_is_compiled_at_the_first_use_and_kept_beside_its_source(source: Path) -> None:
    assert load(source).answer() == 42
    (library,) = source.parent.glob("*.so")
    made = library.stat().st_mtime_ns
    assert load(source).answer() == 42
    assert [file.stat().st_mtime_ns for file in source.parent.glob("*.so")] == [made]


def test_what_is_compiled_already_needs_no_compiler(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_beside(source)
    monkeypatch.setenv("PATH", "")
    assert load(source).answer() == 42


def test_a_library_of_an_older_source_is_not_loaded(source: Path) -> None:
    compile_beside(source)
    source.write_text("int answer(void) { return 43; }\n")
    assert load(source).answer() == 43


def test_without_compiler_there_is_none(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoLibrary, match="no C compiler"):
        load(source)


def test_what_the_compiler_says_is_told(source: Path) -> None:
    source.write_text("int answer(void) { return nothing; }\n")
    with pytest.raises(NoLibrary, match="nothing"):
        load(source)


def test_what_the_compiler_says_may_be_in_any_encoding(source: Path) -> None:
    source.write_bytes(b"#error \xe9\xff nothing\n")
    with pytest.raises(NoLibrary, match="nothing"):
        load(source)


def test_a_library_for_another_machine_is_none(source: Path) -> None:
    compile_beside(source).write_bytes(b"\x7fELF for another machine")
    with pytest.raises(NoLibrary, match="cannot be used"):
        load(source)


def test_where_nothing_may_be_written_it_is_compiled_for_one_process(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    assert load(source).answer() == 42
    assert not list(source.parent.glob("*.so"))
