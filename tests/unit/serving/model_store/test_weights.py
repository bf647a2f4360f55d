"""The files that are searched for code, and the message about a find."""

from pathlib import Path

import pytest

from nemo_voice_serving.model_store.errors import FailureReason, ModelArchiveRefused
from nemo_voice_serving.model_store.weights import refuse_code


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def damaged(_weights: Path) -> str | None:
    raise ValueError("damaged: it ends early")


@pytest.mark.parametrize("start", [b"\x80\x02", b"\x80\x04code", b"PK\x03\x04zip"])
def test_a_pickle_is_searched_for_code_whatever_its_name(tmp_path: Path, start: bytes) -> None:
    path = file(tmp_path, "vocab.txt", start)
    with pytest.raises(ModelArchiveRefused, match=r"vocab\.txt holds pickled code: os\.system"):
        refuse_code(path, lambda _: "os.system")


def test_weights_are_searched_whatever_they_begin_with(tmp_path: Path) -> None:
    path = file(tmp_path, "model_weights.ckpt", b"cos\nsystem\n.")
    with pytest.raises(ModelArchiveRefused, match="holds pickled code") as caught:
        refuse_code(path, lambda _: "os.system")
    assert caught.value.reason is FailureReason.UNSAFE_PICKLE


def test_other_files_are_not_opened_as_weights(tmp_path: Path) -> None:
    refuse_code(file(tmp_path, "vocab.txt", b"one\ntwo\n"), damaged)


def test_weights_without_code_pass(tmp_path: Path) -> None:
    refuse_code(file(tmp_path, "model_weights.ckpt", b"PK\x03\x04"), lambda _: None)


def test_unreadable_weights_are_no_checkpoint(tmp_path: Path) -> None:
    path = file(tmp_path, "model_weights.ckpt", b"PK\x03\x04")
    with pytest.raises(ModelArchiveRefused, match="damaged: it ends early") as caught:
        refuse_code(path, damaged)
    assert caught.value.reason is FailureReason.NOT_NEMO_ARCHIVE


@pytest.mark.parametrize("start", [b"\x7fELF\x02", b"#!/bin/sh\n", b"\x00asm\x01"])
@pytest.mark.parametrize("name", ["vocab.txt", "de_nv230119.heteronym", "libthing.so.1", "blob"])
def test_program_is_refused_whatever_its_name(tmp_path: Path, name: str, start: bytes) -> None:
    with pytest.raises(ModelArchiveRefused, match="is a program") as caught:
        refuse_code(file(tmp_path, name, start), damaged)
    assert caught.value.reason is FailureReason.UNSAFE_ARCHIVE


@pytest.mark.parametrize(
    "name",
    ["de_nv230119.heteronym", "cmudict-0.7b_nv22.01", "whitelist.tsv", "tagger.far", "blob", "x.y"],
)
@pytest.mark.parametrize("content", [b"", b"A", b"BASS  B EY1 S\n", b"# comment\n", b"\xd6\xfd"])
def test_file_of_any_name_that_is_no_code_passes(tmp_path: Path, name: str, content: bytes) -> None:
    refuse_code(file(tmp_path, name, content), damaged)
