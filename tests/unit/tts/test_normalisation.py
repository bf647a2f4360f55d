"""Which phrases need no normaliser, and what is refused when its grammars are not there."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_tts import grammars as grammar_store
from nemo_voice_tts.grammars import build_grammars, check_grammars, packed_whitelist
from nemo_voice_tts.normalisation import Normaliser, is_plain, whitelist_words

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


def test_grammars_of_a_model_with_its_own_whitelist_are_asked_for(grammars: Path) -> None:
    with pytest.raises(BackendFailed, match=r"own\.tsv_tokenize\.far is missing"):
        check_grammars(grammars, Path("own.tsv"))


def test_default_grammars_follow_the_cache_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert grammar_store.default_grammars().parent == tmp_path / "nemo-voice" / "grammars"


def test_words_of_a_whitelist_are_never_plain(tmp_path: Path) -> None:
    whitelist = tmp_path / "own.tsv"
    whitelist.write_text("kWh\tkilowatt hour\nsee St. Paul\tsaint\n\n", encoding="utf-8")

    assert whitelist_words(whitelist) == {"kWh", "see"}


@pytest.mark.parametrize("missing", ["nemo_text_processing", "pynini"])
def test_missing_package_is_refused_with_what_to_install(
    missing: str, grammars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "nemo_voice_tts.grammars.find_spec",
        lambda name: None if name == missing else find_spec(name),
    )
    with pytest.raises(BackendFailed, match=f"{missing} is not installed"):
        check_grammars(grammars)
    if missing == "nemo_text_processing":
        with pytest.raises(BackendFailed, match="is not installed"):
            grammar_store.packaged_whitelist()


def test_packed_whitelist_is_found(tmp_path: Path) -> None:
    config = tmp_path / "model_config.yaml"
    config.write_text("text_normalizer: {whitelist: 'nemo:1_lj_speech.tsv'}", encoding="utf-8")
    assert packed_whitelist(tmp_path) == tmp_path / "1_lj_speech.tsv"
    config.write_text("learn_alignment: true", encoding="utf-8")
    assert packed_whitelist(tmp_path) is None


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
    assert not is_plain(phrase, whitelist_words(None))
