"""API keys are read from a file or folder, and none is valid when it cannot be read."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from nemo_voice_serving.access.api_keys import ApiKeys
from nemo_voice_serving.access.quotas import Quotas
from nemo_voice_serving.errors import InvalidApiKey
from nemo_voice_serving.http.api_keys import OPEN_PATHS, KeyMiddleware
from nemo_voice_serving.http.scopes import UnsupportedScope
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_serving.settings import KeyLimitSettings


def swap(mount: Path, version: str, **files: str) -> None:
    """Brings new content into a folder as the kubelet does: one link is replaced in one step."""
    (mount / version).mkdir(parents=True)
    for name, text in files.items():
        (mount / version / name).write_text(text)
    (mount / "..data_tmp").symlink_to(version)
    (mount / "..data_tmp").replace(mount / "..data")
    for name in files:
        if not (mount / name).is_symlink():
            (mount / name).symlink_to(f"..data/{name}")
    for link in mount.iterdir():
        if not link.name.startswith("..") and link.name not in files:
            link.unlink()


def admitted(keys: ApiKeys, *candidates: bytes) -> list[bool]:
    return [keys.admit(key) is not None for key in candidates]


def test_each_line_is_a_key_and_comments_and_blank_lines_are_none(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes(b"# the shop\r\nfirst-key\r\n\n  second key \n#third\n")
    keys = ApiKeys(file)
    assert keys.admit(b"first-key")
    assert keys.admit(b"second key")
    refused = [b"", b"#third", b"# the shop", b"first", b"first-key ", b"FIRST-KEY", b"second"]
    assert not any(keys.admit(key) for key in refused)
    assert keys.problem() is None


@pytest.mark.parametrize("contents", ["", "\n\n", "  \n", "# only a comment\n"])
def test_a_file_without_a_key_makes_no_key_valid(tmp_path: Path, contents: str) -> None:
    file = tmp_path / "keys"
    file.write_text(contents)
    keys = ApiKeys(file)
    assert not any(keys.admit(key) for key in [b"", b" ", b"# only a comment", b"any"])
    assert keys.problem() == f"there is no API key in {file}"


def test_a_missing_file_makes_no_key_valid_until_it_exists(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    keys = ApiKeys(file)
    assert not keys.admit(b"key")
    assert "No such file" in str(keys.problem())
    file.write_text("key")
    assert keys.admit(b"key")
    assert keys.problem() is None


def test_the_keys_of_a_deleted_file_are_no_longer_valid(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("key")
    keys = ApiKeys(file)
    assert keys.admit(b"key")
    file.unlink()
    assert not keys.admit(b"key")
    file.write_text("key")
    assert keys.admit(b"key")


def test_a_pipe_or_an_oversized_file_makes_no_key_valid_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"key\n" * 300_000)
    for name, reason in (("pipe", "is not a file"), ("large", "is larger than")):
        keys = ApiKeys(tmp_path / name)
        assert not keys.admit(b"key")
        assert reason in str(keys.problem())


def test_an_edit_that_keeps_length_and_timestamp_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("aaa")
    keys, stamps = ApiKeys(file), file.stat()
    file.write_text("bbb")
    os.utime(file, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    assert keys.admit(b"bbb")
    assert not keys.admit(b"aaa")


def test_a_mounted_secret_has_keys_in_each_file_and_is_swapped_atomically(tmp_path: Path) -> None:
    swap(tmp_path, "..2026_01", shop="one", calls="two\nthree")
    keys = ApiKeys(tmp_path)
    assert admitted(keys, b"one", b"two", b"three", b"four") == [True] * 3 + [False]
    swap(tmp_path, "..2026_02", shop="four")
    assert admitted(keys, b"one", b"two", b"three", b"four") == [False] * 3 + [True]
    swap(tmp_path, "..2026_03")
    assert not keys.admit(b"four")
    assert keys.problem() == f"there is no API key in {tmp_path}"


def test_hidden_files_folders_and_dangling_links_hold_no_keys(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text("hidden")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("deep")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "shop").write_text("one")
    keys = ApiKeys(tmp_path)
    assert admitted(keys, b"hidden", b"deep", b"one") == [
        False,
        False,
        True,
    ]


def test_a_change_is_logged_once_and_keys_are_never_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "keys"
    file.write_text("sesame")
    keys = ApiKeys(file)
    for _ in range(3):
        keys.admit(b"sesame")
        keys.admit(b"guess")
    file.write_text("")
    for _ in range(3):
        keys.admit(b"sesame")
    file.write_text("sesame\nother")
    keys.admit(b"sesame")
    logged = [(record.message, record.levelname) for record in caplog.records]
    assert logged == [
        ("api keys read", "INFO"),
        ("every request is refused", "ERROR"),
        ("api keys read", "INFO"),
    ]
    everything = " ".join(str(vars(record)) for record in caplog.records)
    assert "sesame" not in everything
    assert "guess" not in everything


def test_keys_are_kept_as_digests_only(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("sesame")
    keys = ApiKeys(file)
    keys.admit(b"sesame")
    assert "sesame" not in str(vars(keys))


def test_a_file_that_is_empty_or_missing_for_a_moment_reports_no_change(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("one")
    reported: list[frozenset[bytes]] = []
    keys = ApiKeys(file, reported.append)
    file.write_text("")
    assert not keys.admit(b"one")
    file.unlink()
    assert not keys.admit(b"one")
    file.write_text("one\ntwo")
    assert keys.admit(b"one")
    assert [len(digests) for digests in reported] == [1, 2]


async def test_open_paths_are_open_to_http_alone_and_unknown_scopes_are_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "keys").write_text("sesame")
    served: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["type"])

    async def unused(*_message: object) -> Any:
        raise AssertionError("the middleware neither receives nor sends here")

    quotas = Quotas(KeyLimitSettings(), ServiceMetrics(CollectorRegistry(), "tts"))
    keys = ApiKeys(tmp_path / "keys", quotas.keep)
    guarded = KeyMiddleware(app, keys=keys, quotas=quotas, open_paths=OPEN_PATHS)
    await guarded({"type": "http", "path": "/healthz", "headers": []}, unused, unused)
    await guarded({"type": "lifespan"}, unused, unused)
    with pytest.raises(InvalidApiKey):
        await guarded({"type": "websocket", "path": "/healthz", "headers": []}, unused, unused)
    with pytest.raises(UnsupportedScope, match="webtransport"):
        await guarded({"type": "webtransport", "path": "/healthz"}, unused, unused)
    assert served == ["http", "lifespan"]
