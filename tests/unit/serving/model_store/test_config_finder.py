"""The configuration is found in an archive's first bytes, however they arrive."""

import tarfile
import time

import pytest

from nemo_voice_serving.model_store.config_finder import ConfigFinder
from support.models.checkpoints import CONFIG, compressed, nemo_file, tar_of, tar_of_members

LARGE = bytes(5_000_000)


def found_in(archive: bytes, piece_bytes: int) -> tuple[bytes | None, int]:
    """Returns the configuration and how many bytes were needed to find it."""
    finder = ConfigFinder()
    for start in range(0, len(archive), piece_bytes):
        found = finder.feed(archive[start : start + piece_bytes])
        if finder.is_over:
            return found, start + piece_bytes
    return None, len(archive)


@pytest.mark.parametrize("piece_bytes", [1, 7, 511, 512, 513, 10_000, 10_000_000])
@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_configuration_is_found_in_pieces_of_any_size(piece_bytes: int, format_: int) -> None:
    files = {"./a_vocab.txt": b"x" * 700, "./empty": b"", "./model_config.yaml": CONFIG}
    archive = tar_of(files | {"./model_weights.ckpt": b"w" * 3000}, format_=format_)
    found, needed = found_in(archive, piece_bytes)
    assert found == CONFIG
    assert needed < len(archive) or piece_bytes > 3000


def test_configuration_of_a_compressed_archive_is_found() -> None:
    found, needed = found_in(compressed(nemo_file(weight_bytes=500_000)), 1000)
    assert found == CONFIG
    assert needed < 100_000


def test_extended_headers_and_folders_are_passed() -> None:
    folder = tarfile.TarInfo("./")
    folder.type = tarfile.DIRTYPE
    config = tarfile.TarInfo("model_config.yaml")
    config.mtime = 1700000000.5  # not whole: an extended header of its own
    assert found_in(tar_of_members([(folder, b""), (config, CONFIG)]), 100)[0] == CONFIG


def test_rest_of_the_archive_is_passed_without_effort() -> None:
    finder = ConfigFinder()
    archive = tar_of({"./large": LARGE, "./model_config.yaml": CONFIG})
    began = time.process_time()
    pieces = [archive[start : start + 1000] for start in range(0, len(archive), 1000)]
    assert CONFIG in [finder.feed(piece) for piece in pieces]
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"<html>Not found</html>" * 100,
        bytes(10_000),
        tar_of({"other.yaml": CONFIG}),
        tar_of({"folder/model_config.yaml": CONFIG}),
        tar_of({"model_config.yaml": bytes(9_000_000)}),
        compressed(b"no archive" * 100),
        b"\x1f\x8bdamaged" * 100,
        compressed(nemo_file())[:40],
        nemo_file()[:540],
    ],
)
def test_nothing_is_found_where_no_configuration_is(content: bytes) -> None:
    assert found_in(content, 300)[0] is None


def test_link_with_the_name_is_no_configuration() -> None:
    link = tarfile.TarInfo("model_config.yaml")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    assert found_in(tar_of_members([(link, b"")]), 512)[0] is None


def test_compression_bomb_ends_early() -> None:
    bomb = compressed(tar_of({"large": bytes(300 * 2**20)}))
    finder = ConfigFinder()
    assert finder.feed(bomb) is None
    assert finder.is_over
