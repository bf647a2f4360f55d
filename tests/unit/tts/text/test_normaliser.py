"""Which phrases need no normaliser, and what is refused when its grammars are not there."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_tts.text import grammars as grammar_store
from nemo_voice_tts.text.grammars import build_grammars, check_grammars
from nemo_voice_tts.text.normaliser import Normaliser, is_plain, whitelist_words

GRAMMARS = (
    "en_tn_True_deterministic_cased__tokenize.far",
    "en_tn_True_deterministic_verbalizer.far",
    "en_tn_post_processing.far",
)


@pytest.fixture
def grammars(tmp_path: Path) -> Path:
    """A folder that looks like the grammars of the installed version."""
    for name in GRAMMARS:
        (tmp_path / name).touch()
    (tmp_path / "version").write_text(grammar_store.default_grammars().name, encoding="utf-8")
    return tmp_path


async def test_normaliser_that_does_not_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed, match="not running"):
        await Normaliser(tmp_path).normalise("Room 12.")


async def test_normaliser_that_was_never_started_closes(tmp_path: Path) -> None:
    await Normaliser(tmp_path).close()


async def test_plain_phrase_is_returned_by_a_normaliser_without_processes(tmp_path: Path) -> None:
    assert await Normaliser(tmp_path).normalise("No change is needed.") == "No change is needed."


async def test_start_without_grammars_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed, match="python -m nemo_voice_tts grammars"):
        await Normaliser(tmp_path).start()


def test_complete_grammars_are_accepted_and_not_built_again(grammars: Path) -> None:
    check_grammars(grammars)
    build_grammars(grammars)

    assert all((grammars / name).stat().st_size == 0 for name in GRAMMARS)


@pytest.mark.parametrize("name", GRAMMARS)
def test_incomplete_grammars_are_refused(grammars: Path, name: str) -> None:
    (grammars / name).unlink()
    with pytest.raises(BackendFailed, match=f"{name} is missing"):
        check_grammars(grammars)


@pytest.mark.parametrize("version", ["0.0", None])
def test_grammars_of_another_version_are_refused(grammars: Path, version: str | None) -> None:
    (grammars / "version").unlink()
    if version is not None:
        (grammars / "version").write_text(version, encoding="utf-8")
    with pytest.raises(BackendFailed, match="not of version"):
        check_grammars(grammars)


def test_default_grammars_follow_the_cache_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert grammar_store.default_grammars().parent == tmp_path / "nemo-voice" / "grammars"


def test_words_that_the_grammars_read_specially_are_never_plain() -> None:
    assert {"Hon", "Maj"} <= whitelist_words()
    assert not {"A", "a"} & whitelist_words()


@pytest.mark.parametrize(
    ("spoken", "written", "ended"),
    [
        ("at seven PM", "at 7 p.m.", "at seven PM."),
        ('"at seven PM"', '"at 7 p.m."', '"at seven PM".'),
        ("so it is.", "so it is.", "so it is."),
        ("is it", "is it", "is it"),
    ],
)
def test_final_stop_comes_back(spoken: str, written: str, ended: str) -> None:
    assert grammar_store.with_final_stop(spoken, written) == ended


@pytest.mark.parametrize("missing", ["nemo_text_processing", "pynini"])
def test_missing_package_is_refused_with_what_to_install(
    missing: str, grammars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "nemo_voice_tts.text.grammars.find_spec",
        lambda name: None if name == missing else find_spec(name),
    )
    with pytest.raises(BackendFailed, match=f"{missing} is not installed"):
        check_grammars(grammars)
    if missing == "nemo_text_processing":
        with pytest.raises(BackendFailed, match="is not installed"):
            grammar_store.packaged_whitelist()


@pytest.mark.parametrize(
    "phrase",
    [
        "Room 12.",
        "see you at St. Paul",
        "we use sql",
        "NASA said so",
        "an e-mail",
        "so ... no",
        "World War I",
        "a & b",
    ],
)
def test_phrases_with_written_forms_are_not_plain(phrase: str) -> None:
    assert not is_plain(phrase, whitelist_words())
