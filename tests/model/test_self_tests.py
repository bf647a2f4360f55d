"""What the real recogniser and the real voice hear and say before they are ready."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.runtime.service import StartFailed
from nemo_voice_stt.app import TranscriptionService, fetch_recogniser
from nemo_voice_stt.self_test import SENTENCE, word_error_rate
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Clip, Recogniser, Recognition
from nemo_voice_tts.app import fetch_voice
from nemo_voice_tts.self_test import SENTENCE as SAID
from nemo_voice_tts.settings import TtsSettings
from support.docs.repository import ROOT
from support.http.calling import SPEECH

Settings = Callable[..., dict[str, object]]


@pytest.fixture(name="demo")
def demo_settings(tmp_path: Path) -> Settings:
    """Settings of a demo model on the CPU, with any more by their names."""
    places = {"model_cache": tmp_path / "cache", "demo_models": ROOT / "models" / "demo"}
    return lambda **more: {"device": "cpu", **places, **more}


async def test_a_recogniser_is_tested_in_the_language_of_its_settings_or_by_its_clip(
    demo: Settings, tmp_path: Path
) -> None:
    loaded: list[Recogniser] = []

    def fetch(settings: SttSettings, progress: Any) -> Callable[[], Recogniser]:
        loaded[:] = loaded or [fetch_recogniser(settings, progress)()]
        return lambda: loaded[0]

    def service_with(**settings: object) -> TranscriptionService:
        return TranscriptionService(SttSettings.model_validate(demo(**settings)), fetch)

    with pytest.raises(StartFailed, match=r"instead of 'buenos días .*NEMO_VOICE_SELF_TEST__CLIP"):
        async with service_with(languages="es", self_test={"retry_s": 0.1}).running():
            pass
    clip = tmp_path / "clip.flac"
    clip.write_bytes(SPEECH)
    for self_test in ({"clip": clip, "text": SENTENCE}, {"clip": clip}):
        service = service_with(languages="es", self_test=self_test)
        async with service.running():
            facts = service.runtime.lifecycle.readiness().self_test or {}
        assert word_error_rate(SENTENCE, str(facts["heard"])) <= 0.2
        assert ("word_error_rate" in facts) is ("text" in self_test)


def test_a_recogniser_warms_up_on_a_cpu_with_long_and_short_speech(
    demo: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    recogniser: Any = fetch_recogniser(SttSettings.model_validate(demo()), lambda _: None)()
    recognise: Callable[[Sequence[Clip]], list[Recognition]] = recogniser._recognise
    heard: list[Recognition] = []
    steps: list[str] = []

    def recorded(clips: Sequence[Clip]) -> list[Recognition]:
        heard.extend(made := recognise(clips))
        return made

    monkeypatch.setattr(recogniser, "_recognise", recorded)
    recogniser.warm_up(steps.append)
    assert len(steps) == len(heard) == 2
    # Thirty seconds of the clip, over and over; the shortest length holds its beginning.
    assert heard[0].text.count("good morning") >= 8
    assert all(recognition.words for recognition in heard)


def test_a_voice_warms_up_with_the_words_of_its_language(demo: Settings) -> None:
    asked: list[Sequence[str]] = []
    voice: Any = fetch_voice(TtsSettings.model_validate(demo()), lambda _: None)()
    words_of: Callable[[Sequence[str]], str] = voice._options.warm_up_text

    def recorded(languages: Sequence[str]) -> str:
        asked.append(languages)
        return words_of(languages)

    voice._options = replace(voice._options, warm_up_text=recorded)
    voice.warm_up(lambda _: None)
    assert asked == [voice.description.languages]
    assert words_of(asked[0]) == SAID
