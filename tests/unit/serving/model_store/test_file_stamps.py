"""The digest of a local archive is taken once, and again only after the file has changed."""

import os
from pathlib import Path

import pytest

from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.store import ModelStore, StoredModel, parse_reference
from support.models.checkpoints import nemo_file
from support.models.stores import no_code_in

CONTENT = nemo_file()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A .nemo file of the user's own."""
    path = tmp_path / "ours.nemo"
    path.write_bytes(CONTENT)
    return path


def resolved(root: Path, archive: Path, sha256: str | None = None) -> tuple[StoredModel, bool]:
    """Returns the model, and whether the file was read to take its digest."""
    seen: list[Progress] = []
    store = ModelStore(root, no_code_in, offline=True, progress=seen.append)
    model = store.resolve(parse_reference(f"file://{archive}", sha256=sha256))
    return model, "verifying" in {one.phase for one in seen}


def test_digest_is_taken_at_the_first_start_only(tmp_path: Path, archive: Path) -> None:
    first, was_read = resolved(tmp_path / "store", archive)
    assert was_read
    again, was_read = resolved(tmp_path / "store", archive)
    assert not was_read
    assert (again.directory, again.sha256) == (first.directory, first.sha256)


def test_changed_file_of_the_same_size_and_time_is_read_again(
    tmp_path: Path, archive: Path
) -> None:
    first, _ = resolved(tmp_path / "store", archive)
    before = archive.stat()
    other = bytearray(CONTENT)
    other[-11_000] ^= 1  # in the weights
    archive.write_bytes(other)
    os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))
    second, was_read = resolved(tmp_path / "store", archive)
    assert was_read
    assert second.sha256 != first.sha256


def test_replaced_file_with_the_same_content_is_read_once_more(
    tmp_path: Path, archive: Path
) -> None:
    first, _ = resolved(tmp_path / "store", archive)
    copy = archive.with_name("copy")
    copy.write_bytes(CONTENT)
    copy.rename(archive)
    for was_expected in (True, False):
        model, was_read = resolved(tmp_path / "store", archive)
        assert (was_read, model.directory) == (was_expected, first.directory)


def test_given_digest_is_still_checked(tmp_path: Path, archive: Path) -> None:
    first, _ = resolved(tmp_path / "store", archive)
    _, was_read = resolved(tmp_path / "store", archive, first.sha256)
    assert not was_read
    with pytest.raises(Exception, match="It is not used"):
        resolved(tmp_path / "store", archive, "ab" * 32)
