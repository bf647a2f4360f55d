"""Harmful archives are refused before anything is written."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nemo_voice_serving.model_store.archive import members_of, unpack
from nemo_voice_serving.model_store.errors import ModelArchiveRefused
from support.models.checkpoints import (
    CONFIG,
    compressed,
    nemo_file,
    tar_of,
    tar_of_members,
    weights,
)


def unpacked(archive: bytes, folder: Path, **limits: int) -> dict[str, bytes]:
    """Returns the files of the archive after its checks."""
    path = folder / "model.nemo"
    path.write_bytes(archive)
    into = folder / "into"
    into.mkdir()
    unpack(path, members_of(path, **limits), into, lambda _: None)
    return {
        str(file.relative_to(into)): file.read_bytes() for file in into.rglob("*") if file.is_file()
    }


def refusal(archive: bytes, folder: Path, **limits: int) -> str:
    """Returns the message of the archive's refusal."""
    with pytest.raises(ModelArchiveRefused, match=r".") as caught:
        unpacked(archive, folder, **limits)
    return str(caught.value)


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> bytes:
    """Returns a harmless archive with one more member of this kind."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    harmless = [
        (tarfile.TarInfo("model_config.yaml"), CONFIG),
        (tarfile.TarInfo("model_weights.ckpt"), weights()),
    ]
    return tar_of_members([*harmless, (info, b"x" * size)])


def test_a_harmless_checkpoint_is_unpacked_unchanged(tmp_path: Path) -> None:
    heteronyms = {"a/0123456789abcdef0123456789abcdef_heteronyms-052722": b"BASS"}
    files = unpacked(nemo_file(heteronyms, weight_bytes=3_000_000), tmp_path)
    assert files["model_config.yaml"] == CONFIG
    assert files["model_weights.ckpt"] == weights(3_000_000)
    assert files["a/0123456789abcdef0123456789abcdef_heteronyms-052722"] == b"BASS"
    assert len(files) == 4


def test_a_compressed_checkpoint_of_old_nemo_is_unpacked(tmp_path: Path) -> None:
    assert unpacked(compressed(nemo_file()), tmp_path)["model_config.yaml"] == CONFIG


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT])
def test_every_tar_format_is_read(tmp_path: Path, format_: int) -> None:
    files = {
        "model_config.yaml": CONFIG,
        "model_weights.ckpt": weights(),
        "cmudict-0.7b_nv22.10": b"",
    }
    assert len(unpacked(tar_of(files, format_=format_), tmp_path)) == 3


@pytest.mark.parametrize("name", ["/etc/cron.d/x.txt", "../x.txt", "a/../../x.txt", "a\\..\\x.txt"])
def test_paths_that_lead_out_of_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    assert "leads elsewhere" in refusal(member(name), tmp_path)
    assert not list(tmp_path.glob("into/*"))


@pytest.mark.parametrize("name", ["a\nb.txt", "a\x1b[2J.txt", "x" * 201 + ".txt"])
def test_names_that_no_model_needs_are_refused(tmp_path: Path, name: str) -> None:
    assert "a name no model needs" in refusal(member(name), tmp_path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    assert "no plain file" in refusal(member("a.txt", kind, "/etc/passwd"), tmp_path)


@pytest.mark.parametrize("name", ["a.py", "a.pyc", "deep/a.so"])
def test_files_that_could_be_imported_are_refused(tmp_path: Path, name: str) -> None:
    assert "could be imported" in refusal(member(name), tmp_path)


def test_an_archive_cannot_bring_the_record_of_the_store(tmp_path: Path) -> None:
    assert "'model.json', a name that is the store's own" in refusal(member("model.json"), tmp_path)


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "same name" in refusal(member("./model_config.yaml"), tmp_path)


def test_a_file_that_is_also_a_directory_is_refused(tmp_path: Path) -> None:
    assert "same name" in refusal(member("model_config.yaml/a.txt"), tmp_path)


@pytest.mark.parametrize("missing", ["model_config.yaml", "model_weights.ckpt"])
def test_an_archive_without_configuration_or_weights_is_refused(
    tmp_path: Path, missing: str
) -> None:
    files = {"model_config.yaml": CONFIG, "model_weights.ckpt": weights()}
    del files[missing]
    assert "not a NeMo checkpoint" in refusal(tar_of(files), tmp_path)


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>" * 100, b"\x1f\x8bnot gzip"])
def test_a_file_that_is_not_an_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "not a readable .nemo" in refusal(content, tmp_path)


@pytest.mark.parametrize("pack", [bytes, compressed])
def test_a_truncated_archive_is_refused(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    whole = pack(nemo_file())
    assert refusal(whole[: len(whole) // 2], tmp_path)


def test_an_archive_that_ends_within_its_last_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.nemo"
    path.write_bytes(nemo_file())
    members = members_of(path)
    path.write_bytes(nemo_file()[: members[-1].offset_bytes + 1])
    (tmp_path / "into").mkdir()
    with pytest.raises(ModelArchiveRefused, match="ends in the middle"):
        unpack(path, members, tmp_path / "into", lambda _: None)


@pytest.mark.parametrize("pack", [bytes, compressed])
def test_archives_larger_than_any_model_are_refused(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    bomb = tar_of({"model_config.yaml": CONFIG, "model_weights.ckpt": bytes(5_000_000)})
    assert "unpacks to more than 1000000 bytes" in refusal(pack(bomb), tmp_path, limit_bytes=10**6)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    archive = nemo_file({f"{number}.txt": b"" for number in range(20)})
    assert "more than 10 members" in refusal(archive, tmp_path, max_members=10)


def test_a_size_over_the_limit_is_refused_without_reading_so_far(tmp_path: Path) -> None:
    info = tarfile.TarInfo("model_weights.ckpt")
    info.size = 2**50
    header = info.tobuf(tarfile.GNU_FORMAT)
    assert refusal(header + bytes(2048), tmp_path)
    (tmp_path / "into").rmdir()
    assert refusal(compressed(header + bytes(2048)), tmp_path)


def test_a_negative_size_is_refused_instead_of_looping(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("a.txt").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 11 + b"\x00"  # base-256 for -256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    assert refusal(bytes(header) + bytes(2048), tmp_path)


def test_headers_larger_than_any_header_are_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.txt")
    info.pax_headers = {"comment": "x" * 2_000_000}
    archive = tar_of_members([(info, b"x")])
    assert "has a header that is larger" in refusal(archive, tmp_path)


@pytest.mark.parametrize("max_members", [10, 10_000])
def test_chains_of_headers_without_a_file_are_refused(tmp_path: Path, max_members: int) -> None:
    link = tarfile.TarInfo("././@LongLink")
    link.type, link.size = tarfile.GNUTYPE_LONGNAME, 5
    header = link.tobuf(tarfile.GNU_FORMAT) + b"a.txt".ljust(512, b"\0")
    assert refusal(header * 3000, tmp_path, max_members=max_members)


def test_sparse_files_are_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.txt")
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1"}
    info.pax_headers |= {"GNU.sparse.size": "99999999", "GNU.sparse.name": "a.txt"}
    assert "no plain file" in refusal(tar_of_members([(info, b"x")]), tmp_path)
