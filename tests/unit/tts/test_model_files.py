"""The checkpoints of a voice say its language, or the setting does, before anything is loaded."""

from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_tts.__main__ import main
from nemo_voice_tts.model_files import fetch
from nemo_voice_tts.settings import TtsSettings
from support.models.look_alikes import archive_of

SILENT = {"_target_": "nemo.collections.common.tokenizers.text_to_speech.tts_tokenizers.X"}
"""A tokenizer that says no language."""


def settings_for(tmp_path: Path, name: str, **changed: Any) -> dict[str, Any]:
    """Returns the settings of a service with this voice, as a file."""
    voice, vocoder = tmp_path / "voice.nemo", tmp_path / "vocoder.nemo"
    voice.write_bytes(archive_of(name, **changed))
    vocoder.write_bytes(archive_of("nvidia/tts_hifigan"))
    return {
        "model": voice.as_uri(),
        "vocoder": vocoder.as_uri(),
        "model_cache": tmp_path / "cache",
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [("nvidia/tts_en_fastpitch", "en"), ("tts_de_fastpitch_thorstens2210", "de")],
)
def test_checkpoint_says_the_language(tmp_path: Path, name: str, code: str) -> None:
    settings = TtsSettings.model_validate(settings_for(tmp_path, name))
    assert fetch(settings).language.code == code


def test_setting_says_it_where_the_checkpoint_does_not(tmp_path: Path) -> None:
    given = settings_for(tmp_path, "nvidia/tts_en_fastpitch", text_tokenizer=SILENT)
    settings = TtsSettings.model_validate(given | {"language": "es-MX"})
    assert fetch(settings).language.code == "es"


def test_voice_of_which_nobody_says_it_is_refused_with_what_to_set(tmp_path: Path) -> None:
    given = settings_for(tmp_path, "nvidia/tts_en_fastpitch", text_tokenizer=SILENT)
    with pytest.raises(ModelUnsupported, match="Set NEMO_VOICE_LANGUAGE to one of en, de, es"):
        fetch(TtsSettings.model_validate(given))


def test_setting_that_contradicts_the_checkpoint_is_refused(tmp_path: Path) -> None:
    given = settings_for(tmp_path, "tts_de_fastpitch_thorstens2210")
    with pytest.raises(ModelUnsupported, match="speaks de, and NEMO_VOICE_LANGUAGE says es"):
        fetch(TtsSettings.model_validate(given | {"language": "es"}))


def test_language_that_nothing_reads_is_refused(tmp_path: Path) -> None:
    given = settings_for(tmp_path, "tts_zh_fastpitch_sfspeech")
    with pytest.raises(ModelUnsupported, match="a voice that speaks zh"):
        fetch(TtsSettings.model_validate(given))


@pytest.mark.parametrize(
    ("name", "changed", "language", "words"),
    [
        ("nvidia/tts_en_fastpitch", {"text_tokenizer": SILENT}, None, "Set NEMO_VOICE_LANGUAGE"),
        ("tts_de_fastpitch_thorstens2210", {}, "es", "speaks de, and NEMO_VOICE_LANGUAGE says es"),
    ],
)
def test_fetch_command_judges_the_language_before_anything_is_stored(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    changed: dict[str, Any],
    language: str | None,
    words: str,
) -> None:
    given = settings_for(tmp_path, name, **changed)
    flags = ["--model", given["model"], "--vocoder", given["vocoder"]]
    flags += ["--language", language] if language else []
    with pytest.raises(SystemExit) as ended:
        main(["fetch", *flags, "--model-cache", str(given["model_cache"])])
    assert ended.value.code == 3
    assert words in capsys.readouterr().err
    assert not list(tmp_path.rglob("model_weights.ckpt"))
