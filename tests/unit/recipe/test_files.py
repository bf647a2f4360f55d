"""Files of the recipe: there as a whole or not at all."""

from pathlib import Path

import pytest

from recipe.files import recipe_folder, written_whole


def test_a_file_appears_when_it_has_been_written(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    with written_whole(path) as file:
        file.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    path.write_text("older")
    with pytest.raises(OSError, match="full"):
        _write_half(path)
    assert path.read_text() == "older"


def _write_half(path: Path) -> None:
    with written_whole(path) as file:
        file.write_text("half")
        raise OSError("the disk is full")


def test_the_cache_is_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_DEV_CACHE", str(tmp_path))
    assert recipe_folder() == tmp_path / "recipe"
