"""Which keys a file or a folder holds, and that nothing opens when it cannot be read."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from nemo_voice_serving.errors import InvalidApiKey
from nemo_voice_serving.http.api_keys import OPEN_PATHS, ApiKeys, KeyMiddleware
from nemo_voice_serving.http.quotas import Accounts
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
    assert keys.trouble() is None


@pytest.mark.parametrize("contents", ["", "\n\n", "  \n", "# only a comment\n"])
def test_a_file_without_a_key_refuses_everybody(tmp_path: Path, contents: str) -> None:
    file = tmp_path / "keys"
    file.write_text(contents)
    keys = ApiKeys(file)
    assert not any(keys.admit(key) for key in [b"", b" ", b"# only a comment", b"any"])
    assert keys.trouble() == f"there is no API key in {file}"


def test_a_file_that_is_not_there_refuses_everybody_until_it_is(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    keys = ApiKeys(file)
    assert not keys.admit(b"key")
    assert "No such file" in str(keys.trouble())
    file.write_text("key")
    assert keys.admit(b"key")
    assert keys.trouble() is None


def test_a_file_that_goes_away_takes_its_keys_along(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("key")
    keys = ApiKeys(file)
    assert keys.admit(b"key")
    file.unlink()
    assert not keys.admit(b"key")
    file.write_text("key")
    assert keys.admit(b"key")


def test_what_cannot_be_read_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"key\n" * 300_000)
    for name, reason in (("pipe", "is not a file"), ("large", "is larger than")):
        keys = ApiKeys(tmp_path / name)
        assert not keys.admit(b"key")
        assert reason in str(keys.trouble())


def test_an_edit_of_equal_length_within_one_tick_of_the_clock_counts(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("aaa")
    keys, stamps = ApiKeys(file), file.stat()
    file.write_text("bbb")
    os.utime(file, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    assert keys.admit(b"bbb")
    assert not keys.admit(b"aaa")


def test_a_mounted_secret_has_a_key_in_each_file_and_changes_in_one_step(tmp_path: Path) -> None:
    swap(tmp_path, "..2026_01", shop="one", calls="two\nthree")
    keys = ApiKeys(tmp_path)
    assert admitted(keys, b"one", b"two", b"three", b"four") == [True] * 3 + [False]
    swap(tmp_path, "..2026_02", shop="four")
    assert admitted(keys, b"one", b"two", b"three", b"four") == [False] * 3 + [True]
    swap(tmp_path, "..2026_03")
    assert not keys.admit(b"four")
    assert keys.trouble() == f"there is no API key in {tmp_path}"


def test_of_a_secret_only_the_files_in_sight_count(tmp_path: Path) -> None:
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


def test_a_change_is_logged_once_and_no_key_ever(
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
    told = [(record.message, record.levelname) for record in caplog.records]
    assert told == [
        ("api keys read", "INFO"),
        ("every request is refused", "ERROR"),
        ("api keys read", "INFO"),
    ]
    everything = " ".join(str(vars(record)) for record in caplog.records)
    assert "sesame" not in everything
    assert "guess" not in everything


def test_no_key_is_kept_in_the_clear(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("sesame")
    keys = ApiKeys(file)
    keys.admit(b"sesame")
    assert "sesame" not in str(vars(keys))


def test_a_moment_without_a_file_makes_nothing_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("one")
    told: list[frozenset[bytes]] = []
    keys = ApiKeys(file, told.append)
    file.write_text("")
    assert not keys.admit(b"one")
    file.unlink()
    assert not keys.admit(b"one")
    file.write_text("one\ntwo")
    assert keys.admit(b"one")
    assert [len(digests) for digests in told] == [1, 2]


async def test_only_http_has_open_paths_and_unknown_scopes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("sesame")
    served: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["type"])

    async def unused(*_message: object) -> Any:
        raise AssertionError("the middleware neither receives nor sends here")

    accounts = Accounts(KeyLimitSettings(), ServiceMetrics(CollectorRegistry(), "tts"))
    keys = ApiKeys(tmp_path / "keys", accounts.keep)
    guarded = KeyMiddleware(app, keys=keys, accounts=accounts, open_paths=OPEN_PATHS)
    await guarded({"type": "http", "path": "/healthz", "headers": []}, unused, unused)
    await guarded({"type": "lifespan"}, unused, unused)
    with pytest.raises(InvalidApiKey):
        await guarded({"type": "websocket", "path": "/healthz", "headers": []}, unused, unused)
    with pytest.raises(UnsupportedScope, match="webtransport"):
        await guarded({"type": "webtransport", "path": "/healthz"}, unused, unused)
    assert served == ["http", "lifespan"]
