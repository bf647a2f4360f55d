"""Weights are read into the page cache beforehand, and nothing depends on it."""

import logging
import os
from pathlib import Path

import pytest

from nemo_voice_serving.model_store.read_ahead import read_ahead


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The stretches of files that the system was asked to read, as offset and length."""
    stretches: list[tuple[int, int]] = []

    def fadvise(_descriptor: int, offset: int, length: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_WILLNEED
        stretches.append((offset, length))

    monkeypatch.setattr(os, "posix_fadvise", fadvise)
    return stretches


def test_the_whole_of_the_weights_is_asked_for_and_nothing_else(
    tmp_path: Path, asked: list[tuple[int, int]]
) -> None:
    (tmp_path / "model_weights.ckpt").write_bytes(b"w" * 300_000)
    (tmp_path / "model_config.yaml").write_bytes(b"c" * 10)
    read_ahead(tmp_path).join()
    assert sum(length for _, length in asked) >= 300_000
    ends = [offset + length for offset, length in asked]
    assert [offset for offset, _ in asked] == [0, *ends[:-1]]


def test_the_weights_of_every_directory_are_asked_for(
    tmp_path: Path, asked: list[tuple[int, int]]
) -> None:
    for name in ("voice", "vocoder"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_weights.ckpt").write_bytes(b"w")
    read_ahead(tmp_path / "voice", tmp_path / "vocoder").join()
    assert [offset for offset, _ in asked] == [0, 0]


def test_weights_that_cannot_be_opened_are_left_to_the_loading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "model_weights.ckpt").symlink_to(tmp_path / "gone")
    with caplog.at_level(logging.DEBUG):
        read_ahead(tmp_path).join()
    assert [record.message for record in caplog.records] == ["not read ahead"]


def test_a_directory_without_weights_is_no_matter(
    tmp_path: Path, asked: list[tuple[int, int]]
) -> None:
    read_ahead(tmp_path / "nowhere").join()
    assert asked == []
